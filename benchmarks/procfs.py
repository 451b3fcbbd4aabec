"""What Linux says of a process: its memory, its processor time, and who kept it from more.

Everything is None where the system does not tell: there is no ``/proc``, or no such process.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar


__all__ = ["Spent", "Usage", "rss_bytes", "tasks"]

T = TypeVar("T", int, float)

_NS_PER_S = 1_000_000_000


def rss_bytes(pid: int) -> int | None:
    """Resident memory of process ``pid``, in bytes."""
    status = _read(f"/proc/{pid}/status")
    for line in (status or "").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return None


def tasks(pid: int) -> int | None:
    """Threads of process ``pid``."""
    status = _read(f"/proc/{pid}/status")
    for line in (status or "").splitlines():
        if line.startswith("Threads:"):
            return int(line.split()[1])
    return None


@dataclass(frozen=True)
class Usage:
    """What process ``pid`` had used when this was read; two of them bound a span of time."""

    clock_s: float
    cpu_s: float | None  # all threads, user and system; counted in ticks of usually 10 ms
    queued_s: float | None  # its threads were ready to run and another ran
    core_idle_s: float | None  # of its processor, None when it may use several
    wakeups: int | None  # times that a thread of it had waited and then ran
    preemptions: int | None  # times that one would have gone on and another ran

    @classmethod
    def of(cls, pid: int) -> Usage:
        """Read what ``pid`` has used so far."""
        switches = _switches(pid)
        return cls(time.monotonic(), _cpu_s(pid), _queued_s(pid), _core_idle_s(pid), *switches)


@dataclass(frozen=True)
class Spent:
    """What a process used between two moments."""

    clock_s: float
    cpu_s: float | None
    crowding: float | None  # share of the time other programs may have held it up, 0 to 1
    wakeups: int | None = None
    preemptions: int | None = None

    @property
    def switches(self) -> int | None:
        """Context switches of either kind."""
        if self.wakeups is None or self.preemptions is None:
            return None
        return self.wakeups + self.preemptions

    @classmethod
    def between(cls, before: Usage, after: Usage) -> Spent:
        """Subtract; ``before`` and ``after`` are of one process.

        Crowding has two bounds, each too high somewhere: a server of many threads queues behind
        itself, and some kernels count the network's work for no process. The lower one is nearer.
        """
        clock_s = after.clock_s - before.clock_s
        cpu_s = _minus(after.cpu_s, before.cpu_s)
        queued_s = _minus(after.queued_s, before.queued_s)
        idle_s = _minus(after.core_idle_s, before.core_idle_s)
        bounds_s = [] if queued_s is None else [queued_s]
        if idle_s is not None and cpu_s is not None:
            bounds_s.append(max(0.0, clock_s - idle_s - cpu_s))
        crowding = min(bounds_s) / clock_s if bounds_s else None
        wakeups = _minus(after.wakeups, before.wakeups)
        preemptions = _minus(after.preemptions, before.preemptions)
        return cls(clock_s, cpu_s, crowding, wakeups, preemptions)


def _minus(after: T | None, before: T | None) -> T | None:
    return None if after is None or before is None else after - before


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text()
    except OSError:
        return None


def _cpu_s(pid: int) -> float | None:
    stat = _read(f"/proc/{pid}/stat")
    if stat is None:
        return None
    # The second field is the program's name in brackets and may hold spaces and brackets itself.
    fields = stat.rpartition(")")[2].split()
    utime_ticks, stime_ticks = int(fields[11]), int(fields[12])
    return (utime_ticks + stime_ticks) / os.sysconf("SC_CLK_TCK")


def _queued_s(pid: int) -> float | None:
    waits_ns = [
        int(schedstat.split()[1])
        for task in Path(f"/proc/{pid}/task").glob("*")
        if (schedstat := _read(f"{task}/schedstat")) is not None
    ]
    return sum(waits_ns) / _NS_PER_S if waits_ns else None


def _switches(pid: int) -> tuple[int | None, int | None]:
    counts = [0, 0]
    statuses = [_read(f"{task}/status") for task in Path(f"/proc/{pid}/task").glob("*")]
    if not any(statuses):
        return None, None
    for status in statuses:
        for line in (status or "").splitlines():
            name, _, value = line.partition(":")
            if name == "voluntary_ctxt_switches":
                counts[0] += int(value)
            elif name == "nonvoluntary_ctxt_switches":
                counts[1] += int(value)
    return counts[0], counts[1]


def _core_idle_s(pid: int) -> float | None:
    if sys.platform != "linux":
        return None
    try:
        cores = os.sched_getaffinity(pid)
    except ProcessLookupError:
        return None
    stat = _read("/proc/stat")
    if len(cores) != 1 or stat is None:
        return None
    name = f"cpu{cores.pop()}"
    fields = next(line.split() for line in stat.splitlines() if line.split()[0] == name)
    idle_ticks, iowait_ticks = int(fields[4]), int(fields[5])
    return (idle_ticks + iowait_ticks) / os.sysconf("SC_CLK_TCK")
