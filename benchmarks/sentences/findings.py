"""What each scenario found: the sentences and groups beside its charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.sentences.ladders import broke, say_ladder, say_load
from benchmarks.sentences.pythons import say_pythons
from benchmarks.sentences.rankings import TOO_FEW, comparable, ends, ranked
from benchmarks.sentences.stalls import say_policies, say_slow
from benchmarks.sentences.wording import NOTHING, Finding
from benchmarks.summary import Cell, Summary


__all__ = ["IN_ORDER", "cost_slope", "half", "memory", "say", "serving_order", "slowest", "tails"]

IN_ORDER = 0.9  # a rank correlation above this is an order that a reader can see in the chart
_FLAT = 0.1  # on log-log axes, a slope up to this counts as flat
_SAME_COST = 1.5  # times the cost of the smallest message


def say(summary: Summary) -> Finding:
    """Return the main finding of a scenario."""
    if not any(cell.valid for cell in summary.cells):
        return Finding("No server has a valid run.")
    return _SAY[summary.scenario.name](summary)


def tails(summary: Summary) -> Finding:
    """Say how long messages take to reach every client, and how long the tails are."""
    text, claims = ends(summary, "last", summary.shown, "ms")
    if not text:
        return Finding(NOTHING)
    said = f"Half of the messages reach their last recipient within {text}."
    stretched, more = ends(summary, "tail", summary.shown, "")
    if stretched:
        said += f" The p95 of the last recipient, divided by its median, is {stretched}."
    return Finding.of(said, [], [*claims, *more])


def half(summary: Summary) -> Finding:
    """Say within what time half of the deliveries arrive, at the highest rate that all kept."""
    limits = broke(summary)
    points = sorted(
        {cell.workload for cell in summary.cells}, key=lambda one: float(one.rate_hz or 0)
    )
    common = [
        point
        for point in points
        if {cell.server for cell in summary.at(point) if cell.kept_up} == set(summary.servers)
        and all(float(point.rate_hz or 0) < limit for limit in limits.values())
    ]
    if not common:
        return Finding("No rate was kept by every server.")
    cells = summary.at(common[-1])
    text, claims = ends(summary, "p50", cells, "ms")
    hedge = "" if comparable("p50", cells) or len(cells) == 1 else f" {TOO_FEW}"
    return Finding.of(
        f"At {common[-1].rate_hz:g} messages/s, the highest rate that every server kept, half of "
        f"the deliveries arrive within {text}.{hedge}",
        [],
        claims,
    )


def memory(summary: Summary) -> Finding:
    """Say how much memory the servers need at the last point of the axis."""
    return _at_most(summary, "rss", "a server needs", "MiB")


def slowest(summary: Summary) -> Finding:
    """Say within what time 99 of 100 deliveries arrive at the last point of the axis."""
    return _at_most(summary, "p99", "99 of 100 deliveries arrive within", "ms")


def _at_most(summary: Summary, metric: str, verb: str, unit: str) -> Finding:
    axis = summary.scenario.axis or "clients"
    most = max((cell.workload for cell in summary.cells), key=lambda point: getattr(point, axis))
    cells = summary.at(most)
    text, claims = ends(summary, metric, cells, unit)
    if not text:
        return Finding(NOTHING)
    few = [cell for cell in cells if cell.value(metric) is not None]
    hedge = "" if comparable(metric, few) or len(few) == 1 else f" {TOO_FEW}"
    bytes_grow = axis == "payload_bytes"
    point = f"{most.payload_bytes:,}-byte messages" if bytes_grow else f"{most.clients:,} clients"
    return Finding.of(f"With {point} {verb} {text}.{hedge}", [], claims)


def serving_order(summary: Summary) -> Finding:
    """Say which servers serve their clients in a fixed order, so that one client is always last."""
    shown = summary.shown
    # Every process must agree: trio picks one of two directions at random, and a median of three
    # processes would name one.
    orders = {cell.server: cell.values("order") or [0.0] for cell in shown}
    ordered = [server for server, values in orders.items() if min(values) > IN_ORDER]
    backward = [server for server, values in orders.items() if max(values) < -IN_ORDER]
    others = [cell.server for cell in shown if cell.server not in {*ordered, *backward}]
    fixed = len(ordered) + len(backward)
    if fixed:
        said = (
            f"{fixed} of {len(shown)} servers serve their clients in the same order every time, "
            "so the same client is always last."
        )
    else:
        said = "No server serves its clients in a fixed order."
    return Finding.of(
        said,
        [
            ("in the order of connecting", ordered),
            ("in the reverse order", backward),
            ("in no fixed order", others),
        ],
    )


def cost_slope(cells: Sequence[Cell], from_clients: int = 100) -> float | None:
    """Return the slope of the cost of a delivery against the clients on log-log axes; 0 is flat."""
    points = [
        (cell.workload.clients, cost)
        for cell in cells
        if cell.workload.clients >= from_clients and (cost := cell.value("cost"))
    ]
    if len(points) < 3:
        return None
    x, y = np.log(np.array(points)).T
    return float(np.polyfit(x, y, 1)[0])


def _cost(summary: Summary) -> Finding:
    return ranked(summary, "cost", "A delivery costs", "µs")


def _open(summary: Summary) -> Finding:
    kept_up = [cell for cell in summary.shown if cell.kept_up]
    found = ranked(summary, "p99", "99 of 100 deliveries arrive within", "ms", kept_up)
    point = summary.cells[0].workload
    behind = [cell.server for cell in summary.at(point) if cell.outcome == "behind"]
    late = Finding.of("", [(f"did not keep up with {point.rate_hz:g} messages/s", behind)])
    return replace(found, groups=found.groups + late.groups)


def _idle(summary: Summary) -> Finding:
    found = ranked(summary, "client", "A waiting client needs", "KiB")
    watched = [cell for cell in summary.shown if cell.value("idle") is not None]
    busy = [
        f"{cell.server} ({cell.text('idle')} %)"
        for cell in watched
        if max(cell.values("idle")) >= 1.0
    ]
    said = found.sentence
    if watched and not busy:
        said += " While the room is silent, no server uses 1 % of a processor."
    idle = Finding.of("", [("uses 1 % of a processor or more while the room is silent", busy)])
    return replace(found, sentence=said, groups=found.groups + idle.groups)


def _scaling(summary: Summary) -> Finding:
    flat: list[str] = []
    rising: list[str] = []
    falling: list[str] = []
    for server in summary.servers:
        slope = cost_slope(summary.of(server))
        if slope is None:
            continue
        if abs(slope) <= _FLAT:
            flat.append(server)
        else:
            (rising if slope > 0 else falling).append(f"{server} ({slope:+.2f})")
    measured = len(flat) + len(rising) + len(falling)
    if not measured:
        return Finding("There are too few points for a slope.")
    return Finding.of(
        f"From 100 clients on, the cost of a delivery hardly changes for {len(flat)} of "
        f"{measured} servers: on logarithmic axes its slope is at most {_FLAT:g} up or down.",
        [
            ("hardly changes with the number of clients", flat),
            ("rises with the number of clients (slope)", rising),
            ("falls with the number of clients (slope)", falling),
        ],
    )


def _sizes(summary: Summary) -> Finding:
    smallest = min((cell.workload for cell in summary.cells), key=lambda one: one.payload_bytes)
    said = []
    for server in summary.servers:
        cells = sorted(summary.of(server), key=lambda cell: cell.workload.payload_bytes)
        costs = [(cell.workload.payload_bytes, cell.value("cost")) for cell in cells]
        if len(costs) < 2 or cells[0].workload != smallest or not costs[0][1]:
            continue  # nothing to compare with
        reach = smallest.payload_bytes
        for size, cost in costs:
            if cost is None or cost > _SAME_COST * costs[0][1]:
                break
            reach = size
        said.append((reach, server))
    if not said:
        return Finding("There are too few points to compare sizes.")
    return Finding.of(
        f"Up to these sizes, a delivery costs at most {_SAME_COST:g} times as much as with "
        f"{smallest.payload_bytes} bytes.",
        [
            (f"{size:,} bytes", [server for reach, server in said if reach == size])
            for size in sorted({reach for reach, _ in said})
        ],
    )


_SAY: dict[str, Callable[[Summary], Finding]] = {
    **{f"load-{clients}": say_load for clients in (10, 100, 5000)},
    "closed": _cost,
    "open": _open,
    "poisson": _open,
    "knee": say_load,
    "capacity": say_ladder,
    "slow": say_slow,
    "policies": say_policies,
    "churn": _open,
    "everyone": _cost,
    "idle": _idle,
    "scaling": _scaling,
    "crowd": _cost,
    "sizes": _sizes,
    "pythons": lambda summary: say_pythons(summary, "cost"),
    "pythons-open": lambda summary: say_pythons(summary, "p99"),
    "unpinned": lambda summary: say_pythons(summary, "cost"),
}
