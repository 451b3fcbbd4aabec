"""Two measurements side by side: ratios with intervals, and what changed in the environment."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from benchmarks import estimates
from benchmarks.metrics import METRICS
from benchmarks.results import Results
from benchmarks.summary import Cell, Summary, summarise
from benchmarks.table import COLUMNS, ratio_text


__all__ = ["changes", "judgement", "print_comparison", "scenario_rows"]


def print_comparison(before: Results, after: Results, console: Console) -> None:
    """Print what changed in the environment, then one line for each cell that both hold."""
    changed = list(changes(before, after))
    console.print("The environment is the same." if not changed else "What changed:")
    for line in changed:
        console.print(f"  {line}", highlight=False, markup=False)
    if any(not line.startswith(("date", "commit")) for line in changed):
        console.print("The machine or the versions changed too, so the ratios include that change.")
    older = {summary.scenario.name: summary for summary in summarise(before)}
    shared = 0
    for summary in summarise(after):
        if summary.scenario.name in older:
            shared += _print_scenario(older[summary.scenario.name], summary, console)
    if not shared:
        console.print("The two files share no server with the same workload.")


def changes(before: Results, after: Results) -> Iterator[str]:
    """Yield one line for each difference in the environment or in a server's versions."""
    old, new = asdict(before.environment), asdict(after.environment)
    for name in old:
        if old[name] != new[name]:
            yield f"{name}: {old[name]} -> {new[name]}"
    for server in before.versions.keys() & after.versions.keys():
        if before.versions[server] != after.versions[server]:
            yield f"{server}: {before.versions[server]} -> {after.versions[server]}"


def judgement(before: Cell, after: Cell, metric: str, noise: float = 0.0) -> str:
    """Return ``tied``, ``less`` or ``more``, or why neither can be said.

    ``noise`` is the smallest difference that counts, on a log scale.
    """
    ours, theirs = after.values(metric), before.values(metric)
    if not ours or not theirs:
        return "no values"
    if min(len(ours), len(theirs)) < estimates.MIN_PROCESSES:
        return f"unknown: fewer than {estimates.MIN_PROCESSES} processes"
    if min(theirs) <= 0:
        return "unknown: a value is 0"
    ratio = estimates.ratio(ours, theirs)
    if ratio.holds(1.0) or abs(math.log(ratio.middle)) <= noise:
        return "tied"
    return "less" if ratio.middle < 1 else "more"


def scenario_rows(
    before: Summary, after: Summary
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the headings of a scenario's comparison, and a row for each cell that both hold."""
    scenario = after.scenario
    metric = COLUMNS[scenario.name][0]
    columns = (
        "server",
        *((scenario.heading,) if scenario.axis else ()),
        f"before, {METRICS[metric].label}",
        "after",
        "ratio",
        "result",
    )
    noise = max(before.noise_width(metric), after.noise_width(metric))
    older = {(cell.server, cell.workload): cell for cell in before.cells}
    rows = []
    for new in after.cells:
        old = older.get((new.server, new.workload))
        if old is None:
            continue
        ours, theirs = new.values(metric), old.values(metric)
        ratio = estimates.ratio(ours, theirs) if ours and theirs and min(theirs) > 0 else None
        value = [scenario.value_text(new.workload)] if scenario.axis else []
        words = judgement(old, new, metric, noise)
        rows.append(
            (new.server, *value, old.text(metric), new.text(metric), ratio_text(ratio), words)
        )
    return columns, tuple(rows)


def _print_scenario(before: Summary, after: Summary, console: Console) -> int:
    """Print the cells that both hold; return how many there are."""
    scenario = after.scenario
    metric = COLUMNS[scenario.name][0]
    table = Table(
        title=f"{scenario.name}: {METRICS[metric].label}",
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 1, 0, 0),
    )
    for heading in ("server", *((scenario.heading,) if scenario.axis else ())):
        table.add_column(heading, no_wrap=True)
    for heading in ("before", "after", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    _, rows = scenario_rows(before, after)
    for row in rows:
        table.add_row(*row)
    if rows:
        console.print()
        console.print(table)
    return len(rows)
