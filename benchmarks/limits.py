"""The physical limits of a delivery, in µs: what no server's code can make faster. Pure.

One system call, one copy in memory, and the time on a link. The first is measured by a peer that
does nothing but send, the second before a round, and the third is computed from the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.sentences.remarks import FLOOR, wire_us
from benchmarks.summary import Summary


__all__ = ["BATCHED", "Limits", "limits_of", "near"]

BATCHED = "c-uring"  # hands the sends of a whole room to the kernel at once, where it is measured
_FAR = 20  # times below every server: there a limit would only make a chart flat
_LINKS = {"1 Gbit/s": 1.0, "10 Gbit/s": 10.0}

Limits = dict[str, dict[float, float]]  # by limit, and by the place on the scenario's axis: µs


def limits_of(summary: Summary, copy_us: Mapping[int, float]) -> Limits:
    """Return the limits at each point of a scenario; a limit without any value is left out."""
    found: Limits = {
        f"one send ({FLOOR})": {},
        f"one batched send ({BATCHED})": {},
        "copy in memory": {},
        **{name: {} for name in _LINKS},
    }
    for point in dict.fromkeys(cell.workload for cell in summary.cells):
        place = float(getattr(point, summary.scenario.axis))
        cells = [cell for cell in summary.at(point) if cell.valid]
        for server, name in ((FLOOR, "one send"), (BATCHED, "one batched send")):
            cost = next((cell.value("cost") for cell in cells if cell.server == server), None)
            if cost is not None:
                found[f"{name} ({server})"][place] = cost
        if point.payload_bytes in copy_us:
            found["copy in memory"][place] = copy_us[point.payload_bytes]
        if needed_us := wire_us(cells):
            for name, times in _LINKS.items():
                found[name][place] = needed_us / times
    return {name: dict(sorted(values.items())) for name, values in found.items() if values}


def near(limits: Limits, summary: Summary) -> Limits:
    """Return the limits as a chart draws them: without points that are far below every server."""
    lowest: dict[float, float] = {}
    for cell in summary.cells:
        if cost := cell.value("cost"):
            place = float(getattr(cell.workload, summary.scenario.axis))
            lowest[place] = min(cost, lowest.get(place, cost))
    kept = {
        name: {place: us for place, us in values.items() if us * _FAR >= lowest.get(place, 0.0)}
        for name, values in limits.items()
    }
    return {name: values for name, values in kept.items() if len(values) > 1}
