"""The results as a table for a terminal, 80 columns wide."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks import measure, sentences
from benchmarks.measure import Interval
from benchmarks.results import Results
from benchmarks.summary import Row, summarise


__all__ = ["print_table", "ratio_text"]


def print_table(results: Results, console: Console) -> None:
    """Print one row a server, what they come to in words, and where they were measured."""
    rows = summarise(results)
    workload, here = results.workload, results.environment
    table = Table(
        title=f"{workload.clients:,} clients, {workload.payload_bytes}-byte messages, "
        f"{workload.messages} to each in {workload.processes} processes",
        title_justify="left",
        box=None,
        padding=(0, 1, 0, 0),
    )
    table.add_column("server", no_wrap=True)
    for heading in ("µs/delivery", "to the peer", "p99 ms", "KiB/client"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in rows:
        table.add_row(row.server, *_figures(row), _verdict(row))
    console.print(table)
    shown = [(row.server, row.figures) for row in rows if row.figures]
    if shown:
        console.print(sentences.cost(shown, results.peer), highlight=False)
    missing = sentences.left_out(rows)
    if missing:
        console.print(missing, highlight=False)
    pinned = "server and generator on a core each"
    console.print(
        f"{here.cpu}, {here.cores} cores, {here.kernel}, {here.python}; "
        f"{pinned if here.server_core is not None else 'not pinned to cores'}",
        style="dim",
        highlight=False,
    )


def ratio_text(ratio: Interval | None) -> str:
    """Write a ratio and its interval: ``1.21 (1.15-1.27)``; a dash where there is none."""
    if ratio is None:
        return "-"
    if ratio.low == 0:  # too few processes to bound it
        return f"{_factor(ratio.middle)} (?)"
    return f"{_factor(ratio.middle)} ({_factor(ratio.low)}-{_factor(ratio.high)})"


def _factor(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def _figures(row: Row) -> tuple[str, ...]:
    figures = row.figures
    if figures is None:
        return ("-",) * 4
    memory = figures.bytes_per_client
    return (
        f"{figures.cost_us:.1f} ±{measure.spread(figures.costs_us) / 2:.0%}",
        ratio_text(figures.to_peer),
        f"{figures.p99_ms:.1f}",
        "-" if memory is None else f"{memory / 1024:.1f}",
    )


def _verdict(row: Row) -> str:
    if row.verdict == "valid":
        return "[green]valid[/]"
    colour = "red" if row.verdict == "invalid" else "yellow"
    return f"[{colour}]{row.verdict}[/]"
