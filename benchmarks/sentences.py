"""What a chart shows, in a sentence or two computed from the same figures. Pure.

Where two servers cannot be told apart, the sentence says so instead of ranking them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import measure
from benchmarks.load import DRAIN_S
from benchmarks.summary import Cell, Summary


__all__ = [
    "FLOOR",
    "IN_ORDER",
    "advice",
    "and_",
    "cost_slope",
    "floor",
    "left_out",
    "memory",
    "noise",
    "reached",
    "say",
    "strip",
    "tails",
    "wire",
    "wire_us",
]

IN_ORDER = 0.9  # a rank correlation above this is an order that a person can see
FLOOR = "c-floor"  # does nothing but send, so in a closed loop nobody can cost less
_LINK_HZ = 1e9  # bits a second of the link that a server is set against
_SEGMENT_BYTES = 1448  # of a packet of 1,500 bytes, without the heads of IP and TCP
_HEADS_BYTES = 90  # of a packet: TCP with its time stamps 32, IP 20, Ethernet with its gap 38
_FLAT = 0.1  # a slope on log-log axes up to this is no slope
_FELT_MS = 20.0  # the others' p99 may grow by this much before they are said to feel anything:
# it is the worst quarter of a second of many


def say(summary: Summary) -> str:
    """What a scenario came to."""
    if not any(cell.valid for cell in summary.cells):
        return "No server has a run that may be believed."
    return _SAY[summary.scenario.name](summary)


def left_out(summary: Summary) -> str:
    """Name the runs that are in no chart, and why; empty when all are in."""
    if summary.scenario.ladder:
        missing = [cell for cell in summary.missing if not cell.behind]
    else:
        missing = summary.missing
    said = []
    for cell in missing:
        at = f" at {summary.scenario.value(cell.workload)}" if summary.scenario.axis else ""
        if cell.valid:
            count = len(cell.runs) - len(cell.valid)
            said.append(f"{count} of {len(cell.runs)} runs of {cell.server}{at} ({cell.reason})")
        else:
            said.append(f"{cell.server}{at} ({cell.verdict}: {cell.reason})")
    return f"Left out: {'; '.join(said)}." if said else ""


def noise(summary: Summary, metric: str) -> str:
    """How far apart two measurements of one server were; empty where that was not done."""
    found = summary.noise(metric)
    if found is None or found.low == 0:
        return ""
    return (
        f"One server measured twice differs by {100 * abs(found.middle - 1):.1f} % "
        f"(95 % of resamples within {found.low:.2f} to {found.high:.2f})."
    )


def floor(summary: Summary) -> str:
    """Who came out below the program that does nothing but send; empty when nobody did."""
    cells = {cell.server: cell for cell in summary.shown}
    bare = cells.get(FLOOR)
    bare_us = bare.value("cost") if bare else None
    if bare is None or bare_us is None:
        return ""
    below = [
        cell.server
        for cell in summary.shown
        if summary.differ("cost", cell, bare) and (cell.value("cost") or bare_us) < bare_us
    ]
    if not below:
        return ""
    return (
        f"To be doubted: {and_(below)} came out below {FLOOR}, which does nothing but send, so "
        "something else than the servers was measured."
    )


def wire_us(cells: Sequence[Cell]) -> float | None:
    """What a link of 1 Gbit/s needs to carry a delivery, in µs; None where bytes are not known."""
    sizes = [size for cell in cells if (size := cell.value("wire"))]
    if not sizes:
        return None
    packets = math.ceil(max(sizes) / _SEGMENT_BYTES)
    return (max(sizes) + packets * _HEADS_BYTES) * 8 * 1e6 / _LINK_HZ


def wire(cells: Sequence[Cell]) -> str:
    """What a network would add to what was measured without one; empty where that is unknown."""
    needed_us = wire_us(cells)
    costs = [(cost, cell.server) for cell in cells if (cost := cell.value("cost"))]
    if needed_us is None or not costs:
        return ""
    said = (
        "There was no network: a link of 1 Gbit/s carries a delivery with the heads of its packet "
        f"in {needed_us:.2f} µs"
    )
    faster = [server for cost, server in costs if cost < needed_us]
    if faster:
        return f"{said}, so there it, and not the server, would be the limit of {and_(faster)}."
    return f"{said}, sooner than any of these servers can send one."


def tails(shown: Sequence[Cell]) -> str:
    """How long messages take to reach everyone, and whose slowest are slowest."""
    by_median = sorted(shown, key=lambda cell: cell.value("last") or 0.0)
    first, last = by_median[0], by_median[-1]
    said = [
        f"half of the messages have reached everyone within {first.text('last')} ms "
        f"({first.server}) to {last.text('last')} ms ({last.server})"
    ]
    stretched = [
        (tail / middle, cell.server)
        for cell in shown
        if (tail := cell.value("last_p99")) and (middle := cell.value("last"))
    ]
    if stretched:
        factor, server = max(stretched)
        said.append(f"the tail is longest at {server}: its p99 is {factor:.1f} times its median")
    return _sentence(said)


def memory(summary: Summary) -> str:
    """Who needs most and least memory where the most clients were."""
    most = max(cell.workload.clients for cell in summary.cells)
    cells = [cell for cell in summary.cells if cell.workload.clients == most and cell.value("rss")]
    if not cells:
        return "There is nothing to tell."
    ranked = sorted(cells, key=lambda cell: cell.value("rss") or 0.0)
    return (
        f"With {most:,} clients a server has from {ranked[0].text('rss')} MiB "
        f"({ranked[0].server}) to {ranked[-1].text('rss')} MiB ({ranked[-1].server})."
    )


def strip(summary: Summary) -> str:
    """Whether those who connected first also hear first."""
    shown = summary.shown
    # By every process: trio turns its order round by chance, and a median then picks one way.
    orders = {cell.server: cell.values("order") or [0.0] for cell in shown}
    ordered = [server for server, values in orders.items() if min(values) > IN_ORDER]
    backward = [server for server, values in orders.items() if max(values) < -IN_ORDER]
    others = [cell.server for cell in shown if cell.server not in {*ordered, *backward}]
    said = []
    if ordered:
        said.append(
            f"at {and_(ordered)} recipients are served in the order they connected, "
            "so the last to come hears last every time"
        )
    if backward:
        said.append(f"at {and_(backward)} the last to come hears first every time")
    if others:
        said.append(f"at {and_(others)} there is no such order")
    return _sentence(said)


def advice(summaries: Sequence[Summary], ours: Callable[[str], bool]) -> list[tuple[str, str, str]]:
    """Which server to pick for what, and what it costs: (wish, servers, cost), a line each.

    Only servers that ``ours`` says are: a peer is there to compare with.
    """
    by_name = {summary.scenario.name: summary for summary in summaries}
    lines = []
    for name, metric, wish, words in _WISHES:
        summary = by_name.get(name)
        if summary is None:
            continue
        cells = [cell for cell in summary.shown if ours(cell.server)]
        best = summary.tied(metric, cells)
        if not best:
            continue
        low, high = (limit(cell.value(metric) or 0.0 for cell in best) for limit in (min, max))
        cost = words.format(_range(low, high))
        ratio = summary.to_peer(best[0], metric)
        if ratio is not None:
            cost += f", {ratio.middle:.2f} times {summary.peer}"
        point = best[0].workload
        wished = wish.format(
            rate=point.rate_hz or 0.0, clients=point.clients, size=point.payload_bytes
        )
        lines.append((wished, and_([cell.server for cell in best]), cost))
    for name, wish, unit in (
        ("knee", "the most messages to {clients:,} clients", "messages/s"),
        ("capacity", "the most clients on one core", "clients"),
    ):
        if name in by_name:
            far = {one: reach for one, reach in reached(by_name[name]).items() if ours(one)}
            most = max(far.values(), default=0.0)
            if most:
                best_ = [one for one, reach in far.items() if reach == most]
                wished = wish.format(clients=by_name[name].cells[0].workload.clients)
                lines.append((wished, and_(best_), f"{most:,.0f} {unit} or more"))
    return lines


_WISHES = (
    ("closed", "cost", "the least processor for a message", "{} µs a delivery"),
    ("open", "p99", "the shortest wait at {rate:g} messages/s to {clients:,} clients", "p99 {} ms"),
    ("closed", "client", "the least memory for a client", "{} KiB a client"),
    (
        "slow",
        "stalled",
        "to feel least of a client that stalls, at {size:,} bytes a message",
        "p99 at worst {} ms",
    ),
)


def cost_slope(cells: Sequence[Cell], from_clients: int = 100) -> float | None:
    """The slope of the cost of a delivery against the clients on log-log axes; 0 is flat."""
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
) -> str:
    """The range of a metric, who is on which side of the peer, and who is level with whom.

    ``cells`` are those of all that are shown which may be ranked.
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
        return "There is nothing to tell."
    text = {cell.server: f"{cell.text(metric)} {unit}" for cell in ranked}
    best, last = ranked[0].server, ranked[-1].server
    if len(ranked) == 1:
        return f"{verb[0].upper()}{verb[1:]} {text[best]} at {best}."
    said = [f"{verb} {text[best]} at {best} to {text[last]} at {last}"]
    if any(len(cell.values(metric)) < measure.MIN_PROCESSES for cell in ranked):
        said.append(f"fewer than {measure.MIN_PROCESSES} processes each tell no two servers apart")
        return _sentence(said)
    peer = next((cell for cell in ranked if cell.server == summary.peer), None)
    apart = [cell for cell in ranked if peer and summary.differ(metric, cell, peer)]
    below = [cell.server for cell in apart if peer and ranked.index(cell) < ranked.index(peer)]
    above = [cell.server for cell in apart if cell.server not in below]
    if below:
        said.append(f"below {summary.peer}: {and_(below)}")
    if above and len(above) <= 3:
        said.append(f"above it: {and_(above)}")
    said += _groups(summary, metric, ranked)
    return _sentence(said)


def _groups(summary: Summary, metric: str, ranked: Sequence[Cell]) -> list[str]:
    """Who cannot be told from the best of its group, from the best downwards."""
    groups: list[list[Cell]] = []
    for cell in ranked:
        if not groups or summary.differ(metric, groups[-1][0], cell):
            groups.append([])
        groups[-1].append(cell)
    return [
        f"{and_([cell.server for cell in group])} cannot be told apart"
        for group in groups
        if len(group) > 1
    ]


def _cost(summary: Summary) -> str:
    return _ranked(summary, "cost", "a delivery costs from", "µs")


def _open(summary: Summary) -> str:
    kept_up = [cell for cell in summary.shown if not cell.outrun]
    said = _ranked(summary, "p99", "99 of 100 deliveries came within", "ms", kept_up)
    behind = [cell.server for cell in summary.cells if cell.behind or cell.outrun]
    if behind:
        rate = summary.cells[0].workload.rate_hz
        said += f" At {rate:g} messages/s {and_(list(dict.fromkeys(behind)))} could not keep up."
    return said


def reached(summary: Summary) -> dict[str, float]:
    """The last rung of the ladder that each server held in most of its processes."""
    far: dict[str, float] = {}
    for cell in summary.cells:
        passed = [summary.scenario.passes(run.figures) for run in cell.valid]
        if passed and sum(passed) * 2 > len(passed):
            far[cell.server] = float(summary.scenario.value(cell.workload))
    return far


def _ladder(unit: str) -> Callable[[Summary], str]:
    def said(summary: Summary) -> str:
        scenario, first = summary.scenario, summary.cells[0].workload
        limit = f"{scenario.ladder} up to {scenario.limit_ms:g} ms"
        if first.speakers > 1:
            limit = f"{first.speakers} messages on their way and {limit}"
        if scenario.axis != "clients":
            limit += f" at {first.clients:,} clients"
        far = reached(summary)
        top = max(float(summary.scenario.value(cell.workload)) for cell in summary.cells)
        by_reach: dict[float, list[str]] = {}
        for server in summary.servers:
            by_reach.setdefault(far.get(server, 0.0), []).append(server)
        parts = []
        for reach, servers in sorted(by_reach.items(), reverse=True):
            if not reach:
                parts.append(f"{and_(servers)} not even the first step")
            elif reach == top:
                parts.append(f"{and_(servers)} at least {reach:,.0f} {unit}, where the ladder ends")
            else:
                parts.append(f"{and_(servers)} {reach:,.0f}")
        climbed = f"With {limit}, in {unit}: {'; '.join(parts)}."
        return climbed + (_shootout(summary) if scenario.ladder == "p95 of last" else "")

    return said


def _shootout(summary: Summary) -> str:
    """The same by the only recipient that the websocket-shootout timed."""
    last = max((cell.workload for cell in summary.cells), key=summary.scenario.value)
    told = [cell for cell in summary.at(last) if cell.value("own_p95") is not None]
    own = sorted(told, key=lambda cell: cell.value("own_p95") or 0.0)
    if not own:
        return ""
    first, slowest = own[0], own[-1]
    return (
        " Timed as the websocket-shootout did, until the speaker has its own copy, p95 at "
        f"{summary.scenario.value(last):,} is {first.text('own_p95')} ms ({first.server}) to "
        f"{slowest.text('own_p95')} ms ({slowest.server})."
    )


def _slow(summary: Summary) -> str:
    """A sentence for each size of message: who felt it, and who cut off the one that stalled."""
    said = []
    for point in dict.fromkeys(cell.workload for cell in summary.cells):
        parts = _stall(summary.at(point))
        if parts:
            parts[0] = f"with messages of {point.payload_bytes:,} bytes {parts[0]}"
            said.append(_sentence(parts))
    return " ".join(said) or "There is nothing to tell."


def _stall(cells: Sequence[Cell]) -> list[str]:
    said = []
    calm: list[tuple[float, Cell]] = []
    felt: list[tuple[float, Cell]] = []
    for cell in cells:
        before, after = cell.value("calm"), cell.value("stalled")
        if before and after:
            (felt if after > before + _FELT_MS else calm).append((after, cell))
    if calm and not felt and not any(cell.behind for cell in cells):
        said.append("nobody feels it at any of them")
    elif calm:
        said.append(f"nobody feels it at {and_([cell.server for _, cell in calm])}")
    if felt:
        worst, cell = max(felt, key=lambda pair: pair[0])
        said.append(
            f"at {and_([cell.server for _, cell in felt])} the others wait, "
            f"at {cell.server} for {worst:,.0f} ms"
        )
    stopped = [cell.server for cell in cells if cell.behind]
    if stopped:
        said.append(
            f"at {and_(stopped)} it stops the room, which had not everything {DRAIN_S:g} s after "
            "the last message"
        )
    cut = sorted((after_s, cell.server) for cell in cells if (after_s := cell.value("cut")))
    kept = [cell.server for cell in cells if not cell.values("cut") and _watched(cell)]
    if cut:
        (soonest_s, first), (latest_s, last) = cut[0], cut[-1]
        said.append(f"it is cut off after {soonest_s:.1f} s ({first}) to {latest_s:.1f} s ({last})")
    if kept:
        said.append(f"{and_(kept)} kept its connection to the end")
    return said


def _watched(cell: Cell) -> bool:
    """Whether its sockets were looked at: else nobody knows whom it cut off."""
    looks = [look for run in cell.valid if run.account for look in run.account.moments]
    return any(look.open_files is not None for look in looks)


def _policies(summary: Summary) -> str:
    said = []
    for server in summary.servers:
        parts = [
            f"{cell.workload.slow_consumer} {cell.text('stalled')} ms"
            for cell in summary.of(server)
            if cell.valid and cell.value("stalled") is not None
        ]
        if parts:
            said.append(f"at {server} the others' p99 is at worst: {', '.join(parts)}")
    return _sentence(said) if said else "There is nothing to tell."


def _idle(summary: Summary) -> str:
    memory = _ranked(summary, "client", "a waiting client costs from", "KiB")
    busy = [cell for cell in summary.shown if (cell.value("idle") or 0) >= 1.0]
    if busy:
        named = and_([f"{cell.server} ({cell.text('idle')} %)" for cell in busy])
        return f"{memory} While nobody speaks these use the processor: {named}."
    return f"{memory} While nobody speaks no server uses 1 % of a processor."


def _scaling(summary: Summary) -> str:
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
    said = []
    if flat:
        said.append(f"from 100 clients on a delivery costs the same at {and_(flat)}")
    if rising:
        said.append(f"it costs more the more clients there are at {and_(rising)}")
    if falling:
        said.append(f"it costs less at {and_(falling)}")
    return _sentence(said) if said else "Too few points to tell a slope."


def _sizes(summary: Summary) -> str:
    said = []
    for server in summary.servers:
        cells = [cell for cell in summary.of(server) if cell.value("cost")]
        if len(cells) < 2:
            continue
        first = cells[0].value("cost") or 1.0
        same = [cell for cell in cells if (cell.value("cost") or 0) <= 1.5 * first]
        said.append((same[-1].workload.payload_bytes, server))
    if not said:
        return "Too few points to tell."
    smallest = min(cell.workload.payload_bytes for cell in summary.cells)
    reach = sorted({bytes_ for bytes_, _ in said})
    parts = [
        f"up to {bytes_:,} bytes at {and_([server for at, server in said if at == bytes_])}"
        for bytes_ in reach
    ]
    return (
        f"A delivery costs at most half as much again as one of {smallest} bytes "
        f"{'; '.join(parts)}."
    )


_SAY: dict[str, Callable[[Summary], str]] = {
    "closed": _cost,
    "open": _open,
    "poisson": _open,
    "knee": _ladder("messages/s"),
    "capacity": _ladder("clients"),
    "slow": _slow,
    "policies": _policies,
    "churn": _open,
    "everyone": _cost,
    "idle": _idle,
    "scaling": _scaling,
    "crowd": _cost,
    "sizes": _sizes,
}


def and_(names: Sequence[str]) -> str:
    """Join names as a sentence does."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _range(low: float, high: float) -> str:
    digits = 1 if high < 100 else 0
    texts = list(dict.fromkeys(f"{value:,.{digits}f}" for value in (low, high)))
    return " to ".join(texts)


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
