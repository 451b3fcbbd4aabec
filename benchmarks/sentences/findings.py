"""What each scenario found: the sentences and groups beside its charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import estimates
from benchmarks.sentences.ladders import say_ladder
from benchmarks.sentences.stalls import say_policies, say_slow
from benchmarks.sentences.wording import NOTHING, Finding, span
from benchmarks.summary import Cell, Summary


__all__ = ["IN_ORDER", "cost_slope", "memory", "say", "serving_order", "tails"]

IN_ORDER = 0.9  # a rank correlation above this is an order that a reader can see in the chart
_FLAT = 0.1  # on log-log axes, a slope up to this counts as flat
_SAME_COST = 1.5  # times the cost of the smallest message


def say(summary: Summary) -> Finding:
    """Return the main finding of a scenario."""
    if not any(cell.valid for cell in summary.cells):
        return Finding("No server has a valid run.")
    return _SAY[summary.scenario.name](summary)


def tails(shown: Sequence[Cell]) -> Finding:
    """Say how long messages take to reach every client, and which server has the longest tail."""
    by_median = sorted(shown, key=lambda cell: cell.value("last") or 0.0)
    first, last = by_median[0], by_median[-1]
    said = (
        f"Half of the messages reach their last recipient within {first.text('last')} ms "
        f"({first.server}) to {last.text('last')} ms ({last.server})."
    )
    stretched = [
        (tail / middle, cell.server)
        for cell in shown
        if (tail := cell.value("last_p99")) and (middle := cell.value("last"))
    ]
    if stretched:
        factor, server = max(stretched)
        said += f" The longest tail is that of {server}: its p99 is {factor:.1f} times its median."
    return Finding(said)


def memory(summary: Summary) -> Finding:
    """Say which servers need the most and the least memory with the most clients."""
    most = max(cell.workload.clients for cell in summary.cells)
    cells = [cell for cell in summary.cells if cell.workload.clients == most and cell.value("rss")]
    if not cells:
        return Finding(NOTHING)
    ranked = sorted(cells, key=lambda cell: cell.value("rss") or 0.0)
    return Finding(
        f"With {most:,} clients a server needs {ranked[0].text('rss')} MiB "
        f"({ranked[0].server}) to {ranked[-1].text('rss')} MiB ({ranked[-1].server})."
    )


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


def _ranked(
    summary: Summary, metric: str, verb: str, unit: str, cells: Sequence[Cell] | None = None
) -> Finding:
    """Say the range of a metric; group servers by their side of the peer, and tied servers.

    ``cells`` are the cells to rank; by default all that are shown.
    """
    ranked = sorted(
        (
            cell
            for cell in (summary.shown if cells is None else cells)
            if cell.value(metric) is not None
        ),
        key=lambda cell: cell.value(metric) or 0.0,
    )
    if not ranked:
        return Finding(NOTHING)
    said = f"{verb} {span([f'{cell.text(metric)} {unit} ({cell.server})' for cell in ranked])}."
    if len(ranked) == 1:
        return Finding(said)
    if any(len(cell.values(metric)) < estimates.MIN_PROCESSES for cell in ranked):
        return Finding(
            f"{said} With fewer than {estimates.MIN_PROCESSES} processes per server, "
            "differences cannot be told from noise."
        )
    peer = next((cell for cell in ranked if cell.server == summary.peer), None)
    apart = [cell for cell in ranked if peer and summary.differ(metric, cell, peer)]
    below = [cell.server for cell in apart if peer and ranked.index(cell) < ranked.index(peer)]
    above = [cell.server for cell in apart if cell.server not in below]
    return Finding.of(
        said,
        [
            (f"lower than {summary.peer}", below),
            (f"higher than {summary.peer}", above),
            *_tied_groups(summary, metric, unit, ranked),
        ],
    )


def _tied_groups(
    summary: Summary, metric: str, unit: str, ranked: Sequence[Cell]
) -> list[tuple[str, list[str]]]:
    """Return the groups of servers that are tied with the best of their group, best group first."""
    groups: list[list[Cell]] = []
    for cell in ranked:
        if not groups or summary.differ(metric, groups[-1][0], cell):
            groups.append([])
        groups[-1].append(cell)
    return [
        (
            f"tied at {span([cell.text(metric) for cell in group])} {unit}",
            [cell.server for cell in group],
        )
        for group in groups
        if len(group) > 1
    ]


def _cost(summary: Summary) -> Finding:
    return _ranked(summary, "cost", "A delivery costs", "µs")


def _open(summary: Summary) -> Finding:
    kept_up = [cell for cell in summary.shown if not cell.outrun]
    found = _ranked(summary, "p99", "99 of 100 deliveries arrive within", "ms", kept_up)
    rate = summary.cells[0].workload.rate_hz
    behind = [cell.server for cell in summary.cells if cell.behind or cell.outrun]
    late = Finding.of("", [(f"did not keep up with {rate:g} messages/s", [*dict.fromkeys(behind)])])
    return Finding(found.sentence, found.groups + late.groups)


def _idle(summary: Summary) -> Finding:
    found = _ranked(summary, "client", "A waiting client needs", "KiB")
    busy = [
        f"{cell.server} ({cell.text('idle')} %)"
        for cell in summary.shown
        if (cell.value("idle") or 0) >= 1.0
    ]
    if not busy:
        said = f"{found.sentence} While the room is silent, no server uses 1 % of a processor."
        return Finding(said, found.groups)
    idle = Finding.of("", [("uses 1 % of a processor or more while the room is silent", busy)])
    return Finding(found.sentence, found.groups + idle.groups)


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
        f"From 100 clients on, the cost of a delivery stays the same for {len(flat)} of "
        f"{measured} servers.",
        [
            ("stays the same", flat),
            ("rises with the number of clients (slope)", rising),
            ("falls with the number of clients (slope)", falling),
        ],
    )


def _sizes(summary: Summary) -> Finding:
    said = []
    for server in summary.servers:
        cells = [cell for cell in summary.of(server) if cell.value("cost")]
        if len(cells) < 2:
            continue
        first = cells[0].value("cost") or 1.0
        same = [cell for cell in cells if (cell.value("cost") or 0) <= _SAME_COST * first]
        said.append((same[-1].workload.payload_bytes, server))
    if not said:
        return Finding("There are too few points to compare sizes.")
    smallest = min(cell.workload.payload_bytes for cell in summary.cells)
    reach = sorted({bytes_ for bytes_, _ in said})
    return Finding.of(
        f"Up to these sizes, a delivery costs at most {_SAME_COST:g} times as much as with "
        f"{smallest} bytes.",
        [
            (f"{bytes_:,} bytes", [server for at, server in said if at == bytes_])
            for bytes_ in reach
        ],
    )


_SAY: dict[str, Callable[[Summary], Finding]] = {
    "closed": _cost,
    "open": _open,
    "poisson": _open,
    "knee": say_ladder,
    "capacity": say_ladder,
    "slow": say_slow,
    "policies": say_policies,
    "churn": _open,
    "everyone": _cost,
    "idle": _idle,
    "scaling": _scaling,
    "crowd": _cost,
    "sizes": _sizes,
}
