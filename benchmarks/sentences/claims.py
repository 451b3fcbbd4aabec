"""What a finding says of two servers, as data: a test can hold it against the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.summary import Cell, Summary
from benchmarks.workload import Workload


__all__ = ["Claim", "claim"]


@dataclass(frozen=True)
class Claim:
    """What a finding says of two servers at one point.

    ``lower``: the server differs from the peer (`Summary.differ`), and its median is the lower
    one. ``higher``: the same, with the higher median. ``level``: the two are tied.
    """

    server: str
    peer: str
    metric: str
    direction: Literal["lower", "higher", "level"]
    workload: Workload


def claim(summary: Summary, metric: str, one: Cell, other: Cell) -> Claim:
    """Return what can be said of two servers at one point: lower, higher, or level."""
    if not summary.differ(metric, one, other):
        return Claim(one.server, other.server, metric, "level", one.workload)
    is_lower = (one.value(metric) or 0.0) < (other.value(metric) or 0.0)
    return Claim(one.server, other.server, metric, "lower" if is_lower else "higher", one.workload)
