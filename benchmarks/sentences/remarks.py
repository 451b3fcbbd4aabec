"""How far the numbers of a scenario can be trusted: noise, floor, network, runs left out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.sentences.claims import Claim
from benchmarks.sentences.wording import Finding, name_few
from benchmarks.summary import Cell, Summary


__all__ = ["FLOOR", "below_floor", "floor", "left_out", "noise", "wire", "wire_us"]

FLOOR = "c-floor"  # does nothing but send, so in a closed loop no server can cost less
_LINK_HZ = 1e9  # bits per second of the link that a server is compared with
_SEGMENT_BYTES = 1448  # of a packet of 1,500 bytes, without the headers of IP and TCP
_HEADERS_BYTES = 90  # per packet: TCP with time stamps 32, IP 20, Ethernet with its gap 38


def left_out(summary: Summary) -> str:
    """Name the runs that are in no chart, and why; empty if all runs are shown."""
    if summary.scenario.ladder:
        missing = [cell for cell in summary.missing if not cell.behind]
    else:
        missing = summary.missing
    said = []
    for cell in missing:
        at = f" at {summary.scenario.point_text(cell.workload)}" if summary.scenario.axis else ""
        if cell.valid:
            count = len(cell.runs) - len(cell.valid)
            said.append(f"{count} of {len(cell.runs)} runs of {cell.server}{at} ({cell.reason})")
        else:
            said.append(f"{cell.server}{at} ({cell.verdict}: {cell.reason})")
    return f"Left out: {'; '.join(said)}." if said else ""


def noise(summary: Summary, metric: str) -> str:
    """Say how far a server differs from itself; empty if none was measured twice."""
    found = summary.noise(metric)
    if found is None:
        return ""
    return (
        f"The same server measured twice: ratio {found.middle:.2f}, plausibly {found.low:.2f} to "
        f"{found.high:.2f}. Do not trust smaller differences."
    )


def below_floor(summary: Summary) -> list[Cell]:
    """Return the servers that cost less than the program that does nothing but send."""
    cells = {cell.server: cell for cell in summary.shown}
    bare = cells.get(FLOOR)
    bare_us = bare.value("cost") if bare else None
    if bare is None or bare_us is None:
        return []
    return [
        cell
        for cell in summary.shown
        if summary.differ("cost", cell, bare) and (cell.value("cost") or bare_us) < bare_us
    ]


def floor(summary: Summary) -> Finding:
    """Warn of servers that cost less than the program that does nothing but send; else empty."""
    below = below_floor(summary)
    if not below:
        return Finding("")
    names = [cell.server for cell in below]
    return Finding.of(
        f"Do not trust these numbers: a delivery costs less at {name_few(names)} than at {FLOOR}, "
        "which does nothing but send. So something other than the servers was measured.",
        [],
        [Claim(cell.server, FLOOR, "cost", "lower", cell.workload) for cell in below],
    )


def wire_us(cells: Sequence[Cell]) -> float | None:
    """Return how long a link of 1 Gbit/s carries one delivery, in µs; None if bytes are unknown."""
    sizes = [size for cell in cells if (size := cell.value("wire"))]
    if not sizes:
        return None
    packets = math.ceil(max(sizes) / _SEGMENT_BYTES)
    return (max(sizes) + packets * _HEADERS_BYTES) * 8 * 1e6 / _LINK_HZ


def wire(cells: Sequence[Cell]) -> str:
    """Say what a network would add to numbers measured without one; empty if that is unknown."""
    needed_us = wire_us(cells)
    costs = [(cost, cell.server) for cell in cells if (cost := cell.value("cost"))]
    if needed_us is None or not costs:
        return ""
    said = (
        "There was no network. A link of 1 Gbit/s carries one delivery, with the headers of its "
        f"packets, in {needed_us:.2f} µs"
    )
    faster = [server for cost, server in costs if cost < needed_us]
    if faster:
        return f"{said}: that, and not the server, would be the limit of {name_few(faster)}."
    return f"{said}, which is less time than any of these servers needs."
