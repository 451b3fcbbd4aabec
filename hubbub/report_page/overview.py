"""One row per server, one column per question that people ask first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import estimates
from benchmarks.metrics import METRICS
from benchmarks.sentences.ladders import reached
from benchmarks.summary import Summary
from benchmarks.workload import Workload


__all__ = ["Column", "Overview", "Value", "overview"]

_MANY = 5000  # clients; at this step of the ladder memory is read


@dataclass(frozen=True)
class Column:
    """A question: its heading, the unit, and the section that holds the whole answer."""

    heading: str
    unit: str
    section: str


@dataclass(frozen=True)
class Value:
    """A cell: its text, and whether it is the best of ours or tied with it."""

    text: str
    best: bool = False


@dataclass(frozen=True)
class Overview:
    """The table; a row is a server's name and a value per column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[Value, ...]], ...]


def overview(summaries: Sequence[Summary], ours: Callable[[str], bool]) -> Overview:
    """Return the table of all servers; a column without any value is left out."""
    by_name = {summary.scenario.name: summary for summary in summaries}
    servers = list(dict.fromkeys(one for summary in summaries for one in summary.servers))
    found: list[tuple[Column, dict[str, Value]]] = []
    if (summary := by_name.get("open")) is not None:
        point = summary.cells[0].workload
        heading = f"p99, {point.clients:,} clients, {point.rate_hz:g} messages/s"
        found.append((Column(heading, "ms", "open"), _first(summary, "p99", ours)))
    if (summary := by_name.get("knee")) is not None:
        clients = summary.cells[0].workload.clients
        heading = f"most messages/s to {clients:,} clients"
        found.append((Column(heading, "", "knee"), _furthest(summary)))
    if (summary := by_name.get("closed")) is not None:
        found.append((Column("cost of a delivery", "µs", "closed"), _first(summary, "cost", ours)))
        found.append(
            (Column("memory per client", "KiB", "closed"), _first(summary, "client", ours))
        )
    if (summary := by_name.get("capacity")) is not None:
        heading = f"memory, {_MANY:,} clients"
        found.append((Column(heading, "MiB", "capacity"), _memory(summary)))
    if (summary := by_name.get("slow")) is not None:
        for workload in dict.fromkeys(cell.workload for cell in summary.cells):
            size = summary.scenario.point_text(workload)
            heading = f"one client stalls, {size}: p99 of the others"
            stalled = _at(summary, workload, "stalled", ours, "the room stops")
            found.append((Column(heading, "ms", "slow"), stalled))
        found.append((Column("stalled client cut off after", "s", "slow"), _cuts(summary)))
    found = [(column, values) for column, values in found if values]
    rows = tuple(
        (server, tuple(values.get(server, Value("-")) for _, values in found)) for server in servers
    )
    return Overview(tuple(column for column, _ in found), rows if found else ())


def _first(summary: Summary, metric: str, ours: Callable[[str], bool]) -> dict[str, Value]:
    return _at(summary, summary.cells[0].workload, metric, ours, "does not keep up")


def _at(
    summary: Summary,
    workload: Workload,
    metric: str,
    ours: Callable[[str], bool],
    behind: str,
) -> dict[str, Value]:
    """Return a metric at one point, with the best of ours marked; ``behind`` is for no value."""
    cells = summary.at(workload)
    kept = [cell for cell in cells if cell.outcome != "behind" and ours(cell.server)]
    if any(len(cell.values(metric)) < estimates.MIN_PROCESSES for cell in kept):
        kept = []  # too few processes to tell servers apart
    best = {cell.server for cell in summary.tied(metric, kept)}
    found = {}
    for cell in cells:
        text = cell.text(metric) if cell.valid else cell.outcome
        text = behind if cell.outcome == "behind" else text
        found[cell.server] = Value(text, cell.server in best)
    return found


def _furthest(summary: Summary) -> dict[str, Value]:
    """Return the last step at which each server kept the limit, and mark the last step of all."""
    held = reached(summary)
    last = max(float(summary.scenario.value(cell.workload)) for cell in summary.cells)
    return {
        server: Value(f"{'≥ ' if held.get(server) == last else ''}{held.get(server, 0.0):,.0f}")
        for server in summary.servers
    }


def _memory(summary: Summary) -> dict[str, Value]:
    """Return the memory at the step of many clients, for servers that got there."""
    return {
        cell.server: Value(cell.text("rss"))
        for cell in summary.cells
        if summary.scenario.value(cell.workload) == _MANY and cell.valid
    }


def _cuts(summary: Summary) -> dict[str, Value]:
    """Return when each server cut the stalled client off, at the longest messages."""
    return {
        cell.server: Value(
            "not cut off" if cell.value("cut") is None else METRICS["cut"].text(cell.value("cut"))
        )
        for cell in summary.at(summary.cells[-1].workload)
        if cell.valid
    }
