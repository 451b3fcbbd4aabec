"""What a finding says of two servers, as data: a test can hold it against the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.summary import Cell, Summary
from benchmarks.workload import Workload


__all__ = ["Claim", "claim"]


@dataclass(frozen=True)
class Claim:
    """What a finding says of two servers at one point, or of one server at two points.

    ``lower``: the server differs from the peer (`Summary.differ`), and its median is the lower
    one. ``higher``: the same, with the higher median. ``level``: the two are tied. ``against`` is
    the point of the peer if it is another one.
    """

    server: str
    peer: str
    metric: str
    direction: Literal["lower", "higher", "level"]
    workload: Workload
    against: Workload | None = None


def claim(summary: Summary, metric: str, one: Cell, other: Cell) -> Claim:
    """Return what can be said of two cells: lower, higher, or level."""
    against = None if other.workload == one.workload else other.workload
    direction: Literal["lower", "higher", "level"] = "level"
    if summary.differ(metric, one, other):
        is_lower = (one.value(metric) or 0.0) < (other.value(metric) or 0.0)
        direction = "lower" if is_lower else "higher"
    return Claim(one.server, other.server, metric, direction, one.workload, against)
