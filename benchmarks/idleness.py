"""How busy the machine is before a measurement begins: a busy machine measures its other programs.

During a run, each run's account says the same of the cores that it used (load.Account.crowding).
"""

from __future__ import annotations

import os
import time
from pathlib import Path


__all__ = ["BUSY", "WATCHED_S", "busy_share"]

BUSY = 0.1  # of the processor time; above this share a measurement is disturbed
WATCHED_S = 5.0

_STAT = Path("/proc/stat")


def busy_share(seconds: float = WATCHED_S, stat: Path = _STAT) -> float | None:
    """Watch for some seconds; return the share of processor time that programs took, 0 to 1.

    Only the cores that this process may use count. None if the system does not tell.
    """
    before = _ticks(stat)
    time.sleep(seconds)
    after = _ticks(stat)
    if before is None or after is None:
        return None
    busy, every = after[0] - before[0], after[1] - before[1]
    return busy / every if every > 0 else None


def _ticks(stat: Path) -> tuple[int, int] | None:
    """Return the ticks since the machine started in which our cores were busy, and all ticks."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    ours = {f"cpu{core}" for core in os.sched_getaffinity(0)}
    try:
        rows = [line.split() for line in stat.read_text().splitlines()]
    except OSError:
        return None
    # user nice system idle iowait irq softirq steal; guests' time is in user and nice already
    counted = [[int(word) for word in row[1:9]] for row in rows if row and row[0] in ours]
    every = sum(map(sum, counted))
    return every - sum(row[3] + row[4] for row in counted), every
