"""The results as tables for a terminal of 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.metrics import METRICS
from benchmarks.results import Results
from benchmarks.scenarios import SCENARIOS
from benchmarks.sentences import remarks
from benchmarks.sentences.findings import say
from benchmarks.sentences.wording import ratio_text
from benchmarks.summary import Cell, Summary, summarise


__all__ = ["COLUMNS", "print_tables", "ratio_text"]

COLUMNS: dict[str, tuple[str, ...]] = {  # by scenario; its first metric is the main one
    "closed": ("cost", "last_p90", "client"),
    "open": ("p99", "p50", "max"),
    "poisson": ("p99", "p50", "max"),
    **{name: ("p99", "p50", "cpu") for name, one in SCENARIOS.items() if one.until_it_breaks},
    "capacity": ("last_p95", "own_p95", "rss"),
    "slow": ("stalled", "calm", "cut"),
    "policies": ("stalled", "calm", "cut"),
    "churn": ("p99", "p50", "max"),
    "everyone": ("cost", "p99", "rss"),
    "idle": ("client", "wakeups", "idle"),
    "scaling": ("cost", "p99", "rss"),
    "crowd": ("cost", "last_p99", "rss"),
    "sizes": ("cost", "p99", "rss"),
    "pythons": ("cost", "client", "server"),
    "pythons-open": ("p99", "p50", "max"),
    "unpinned": ("cost", "cpu", "tasks"),
}


def print_tables(results: Results, console: Console) -> None:
    """Print a table and its findings for each scenario, and then the machine."""
    for summary in summarise(results):
        console.print()
        console.print(_table(summary, results.peer))
        found = say(summary)
        for text in (
            found.sentence,
            *(f"  {group}" for group in (*found.groups, *found.ties)),
            remarks.floor(summary).sentence if summary.scenario.name == "closed" else "",
            remarks.noise(summary, COLUMNS[summary.scenario.name][0]),
            remarks.left_out(summary),
        ):
            if text:
                console.print(text, highlight=False)
    here = results.environment
    pinned = "server and generator on a core each" if here.server_core is not None else "not pinned"
    made = "" if here.generator == "c" else "; the generator is in Python and may be the limit"
    console.print()
    console.print(
        f"{here.cpu}, {here.cores} cores, {here.kernel}, {here.python}; {pinned}{made}",
        style="dim",
        highlight=False,
    )


def _table(summary: Summary, peer: str) -> Table:
    scenario, columns = summary.scenario, COLUMNS[summary.scenario.name]
    table = Table(
        title=f"{scenario.name}: {scenario.title}",
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 1, 0, 0),
    )
    table.add_column("server", no_wrap=True)
    if scenario.axis:
        table.add_column(scenario.heading, justify="right", no_wrap=True)
    for name in columns:
        table.add_column(METRICS[name].label, justify="right")
    table.add_column("ratio" if scenario.axis else f"to {peer}", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for server in summary.servers:
        for cell in summary.of(server):
            row = [server]
            if scenario.axis:
                row.append(scenario.value_text(cell.workload))
            row += [cell.text(name) for name in columns]
            row.append(ratio_text(summary.to_peer(cell, columns[0])))
            table.add_row(*row, _verdict(cell))
    return table


def _verdict(cell: Cell) -> str:
    if cell.outcome == "valid":
        return ""
    colour = "red" if cell.outcome == "invalid" else "yellow"
    return f"[{colour}]{cell.outcome}[/]"
