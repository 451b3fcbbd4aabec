"""How long a delivery takes with n clients and r messages per second, for each server. Pure.

`grid` puts together what a measurement holds about steady loads. `rank` answers for one load: a
value is measured, or interpolated between measured loads on logarithmic axes. It is never
extrapolated. A server *breaks* at a load if it does not keep up with it, or delivers wrongly.

The document of `grid` is plain JSON::

    servers      the ids
    clients      the measured numbers of clients, ascending
    rates        the measured rates in messages per second, ascending
    p50_ms       by server: one row for each number of clients, one number for each rate, or null
    p99_ms       the same
    cpu_percent  the same: processor time of the server, as a share of one core
    processes    the same: how many valid processes the numbers are the medians of
    letters      the same: two servers are tied in p99 at a load if they share a letter there
    broke        by server: for each number of clients the lowest rate at which it broke, or null
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from benchmarks.results import AGAIN, Results
from benchmarks.summary import Cell, Summary, summarise
from benchmarks.workload import Workload


__all__ = ["Answer", "State", "grid", "is_load", "rank"]

State = Literal["measured", "interpolated", "at its limit", "broken", "not measured"]

VALUES = {"p50_ms": "p50", "p99_ms": "p99", "cpu_percent": "cpu"}  # in the grid: the metric


@dataclass(frozen=True)
class Answer:
    """What is known of one server at one load.

    ``at its limit``: it kept up with a lower load, and broke at a higher one. ``broken``: it broke
    at this load or at a lower one.
    """

    server: str
    state: State
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_percent: float | None = None
    tied: tuple[str, ...] = ()  # the servers with a p99 that cannot be told from its own


@dataclass(frozen=True)
class _Place:
    """A server at a load: its values, and the measured loads that they come from."""

    state: State
    values: Mapping[str, float]
    corners: tuple[tuple[int, int], ...] = ()  # (row, column) in the grid


def is_load(workload: Workload) -> bool:
    """Return whether a workload differs from the baseline in its clients and its rate alone."""
    plain = Workload()
    return workload.rate_hz is not None and workload == replace(
        plain,
        clients=workload.clients,
        rate_hz=workload.rate_hz,
        messages=workload.messages,
        warmup_messages=workload.warmup_messages,
    )


def grid(results: Results) -> dict[str, Any]:
    """Return what ``results`` hold about steady loads, as plain JSON; see the top of this file."""
    loads: dict[tuple[int, float], tuple[Summary, list[Cell]]] = {}
    for summary in summarise(results):
        for point in dict.fromkeys(cell.workload for cell in summary.cells):
            if not is_load(point):
                continue
            at = point.clients, float(point.rate_hz or 0)
            cells = [cell for cell in summary.at(point) if not cell.server.endswith(AGAIN)]
            if at not in loads or _runs(cells) > _runs(loads[at][1]):
                loads[at] = summary, cells
    clients = sorted({count for count, _ in loads})
    rates = sorted({rate for _, rate in loads})
    measured = {cell.server for _, cells in loads.values() for cell in cells}
    servers = [server for server in results.versions if server in measured]
    servers += sorted(measured - set(servers))

    def table(empty: Any) -> dict[str, list[list[Any]]]:
        return {server: [[empty] * len(rates) for _ in clients] for server in servers}

    found: dict[str, Any] = {name: table(None) for name in VALUES}
    processes, shared = table(0), table("")
    broke: dict[str, list[float | None]] = {server: [None] * len(clients) for server in servers}
    for (count, rate), (summary, cells) in sorted(loads.items()):
        row, column = clients.index(count), rates.index(rate)
        kept = [cell for cell in cells if cell.kept_up]
        for cell in kept:
            for name, metric in VALUES.items():
                value = cell.value(metric)
                found[name][cell.server][row][column] = value and float(f"{value:.4g}")
            processes[cell.server][row][column] = len(cell.valid)
        for cell in cells:
            if cell.outcome in ("behind", "invalid") and broke[cell.server][row] is None:
                broke[cell.server][row] = rate
        for server, named in summary.letters("p99", kept).items():
            shared[server][row][column] = named
    return {
        "servers": servers,
        "clients": clients,
        "rates": rates,
        **found,
        "processes": processes,
        "letters": shared,
        "broke": broke,
    }


def rank(loads: Mapping[str, Any], clients: float, rate_hz: float) -> list[Answer]:
    """Return one answer for each server of a `grid`, the lowest p99 first.

    Servers without a p99 follow: first those at their limit, then the broken ones, then those that
    were not measured near this load.
    """
    places = {server: _place(loads, server, clients, rate_hz) for server in loads["servers"]}
    answers = []
    for server, place in places.items():
        tied = tuple(
            other
            for other, others in places.items()
            if other != server and _tied(loads, server, place, other, others)
        )
        answers.append(Answer(server, place.state, **place.values, tied=tied))
    order: list[State] = ["measured", "interpolated", "at its limit", "broken", "not measured"]
    return sorted(
        answers,
        key=lambda one: (
            one.p99_ms is None,
            one.p99_ms or 0.0,
            order.index(one.state),
            loads["servers"].index(one.server),
        ),
    )


def _runs(cells: Sequence[Cell]) -> int:
    return max((len(cell.valid) for cell in cells), default=0)


def _place(loads: Mapping[str, Any], server: str, clients: float, rate_hz: float) -> _Place:
    """Return what is known of one server at a load."""
    rows = {
        count: _in_row(loads, server, row, rate_hz) for row, count in enumerate(loads["clients"])
    }
    nothing = _Place("not measured", {})
    own = rows.get(clients, nothing)
    if own.state != "not measured":
        return own
    fewer = [count for count, at in rows.items() if count < clients and at.state != nothing.state]
    more = [count for count, at in rows.items() if count > clients and at.state != nothing.state]
    if any(rows[count].state == "broken" for count in fewer):
        return _Place("broken", {})
    if not fewer or not more:
        return nothing
    low, high = rows[fewer[-1]], rows[more[0]]
    if not low.values or not high.values:
        return _Place("at its limit", {})
    return _between(low, high, _share(clients, fewer[-1], more[0]))


def _in_row(loads: Mapping[str, Any], server: str, row: int, rate_hz: float) -> _Place:
    """Return what is known of one server with one of the measured numbers of clients."""
    broke = loads["broke"][server][row]
    if broke is not None and rate_hz >= broke:
        return _Place("broken", {})
    at = {
        rate: _Place("measured", values, ((row, column),))
        for column, rate in enumerate(loads["rates"])
        if (values := _values(loads, server, row, column)) and (broke is None or rate < broke)
    }
    if rate_hz in at:
        return at[rate_hz]
    lower = [rate for rate in at if rate < rate_hz]
    higher = [rate for rate in at if rate > rate_hz]
    if lower and higher:
        share = _share(rate_hz, lower[-1], higher[0])
        return _between(at[lower[-1]], at[higher[0]], share)
    return _Place("at its limit" if lower and broke is not None else "not measured", {})


def _values(loads: Mapping[str, Any], server: str, row: int, column: int) -> dict[str, float]:
    """Return the values at a measured load; empty without a p99."""
    values = {name: loads[name][server][row][column] for name in VALUES}
    if values["p99_ms"] is None:
        return {}
    return {name: value for name, value in values.items() if value is not None}


def _share(value: float, low: float, high: float) -> float:
    return math.log(value / low) / math.log(high / low)


def _between(low: _Place, high: _Place, share: float) -> _Place:
    """Return the values at a place between two others, on logarithmic axes."""
    values = {
        name: math.exp((1 - share) * math.log(value) + share * math.log(high.values[name]))
        for name, value in low.values.items()
        if value > 0 and high.values.get(name, 0) > 0
    }
    return _Place("interpolated", values, low.corners + high.corners)


def _tied(loads: Mapping[str, Any], server: str, place: _Place, other: str, others: _Place) -> bool:
    """Return whether the p99s of two servers cannot be told apart.

    They can if the two were measured at the same loads, differ at each of them, and the same
    server is the lower one at each.
    """
    if not place.values or not others.values:
        return False
    if place.corners != others.corners:
        return True
    p99_ms, shared = loads["p99_ms"], loads["letters"]
    lower = set()
    for row, column in place.corners:
        if set(shared[server][row][column]) & set(shared[other][row][column]):
            return True
        lower.add(p99_ms[server][row][column] < p99_ms[other][row][column])
    return len(lower) > 1
