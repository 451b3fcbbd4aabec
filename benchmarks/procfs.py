"""What Linux tells about a process: its memory, its processor time, and how long it had to wait.

Every value is None if the system does not tell it: there is no ``/proc``, or no such process.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar


__all__ = [
    "Clocks",
    "Spent",
    "Usage",
    "listener",
    "open_files",
    "rss_bytes",
    "runs",
    "send_queues",
    "tasks",
]

T = TypeVar("T", int, float)

_NS_PER_S = 1_000_000_000
_LISTENING = "0A"  # the state of a socket, as the kernel's table spells it


def rss_bytes(pid: int) -> int | None:
    """Return the resident memory of process ``pid``, in bytes."""
    status = _read(f"/proc/{pid}/status")
    for line in (status or "").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return None


def tasks(pid: int) -> int | None:
    """Return the number of threads of process ``pid``."""
    status = _read(f"/proc/{pid}/status")
    for line in (status or "").splitlines():
        if line.startswith("Threads:"):
            return int(line.split()[1])
    return None


def runs(pid: int) -> bool:
    """Return whether process ``pid`` is there and has not ended: a zombie has."""
    stat = _read(f"/proc/{pid}/stat")
    return stat is not None and stat.rpartition(")")[2].split()[0] not in "ZX"


def open_files(pid: int) -> int | None:
    """Return how many files and sockets process ``pid`` has open."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None


def listener(group: int, port: int) -> int | None:
    """Return the process of a group that listens at a TCP port, the oldest if several do."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    members = [
        int(entry.name)
        for entry in Path("/proc").glob("[0-9]*")
        if (stat := _read(f"{entry}/stat")) is not None
        and stat.rpartition(")")[2].split()[2] == str(group)
    ]
    for pid in sorted(members):
        with suppress(OSError):
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):  # it was closed meanwhile
                    if os.readlink(descriptor) in sockets:
                        return pid
    return None


def send_queues(port: int) -> dict[int, int]:
    """Return how many bytes wait in the kernel for each peer of a port, by the peer's own port."""
    return {
        _port(fields[2]): int(fields[4].partition(":")[0], 16)
        for fields in _sockets_at(port)
        if fields[3] != _LISTENING
    }


@dataclass(frozen=True)
class Clocks:
    """The clocks that bound a span of process ``pid``; reading them takes next to no time."""

    clock_s: float
    cpu_s: float | None = None  # all threads, user and system; in ticks of usually 10 ms
    core_idle_s: float | None = None  # idle time of its core; None if it may use several cores

    @classmethod
    def of(cls, pid: int) -> Clocks:
        """Read them now."""
        return cls(time.monotonic(), _cpu_s(pid), _core_idle_s(pid))


@dataclass(frozen=True)
class Usage:
    """What process ``pid`` has used so far; two of these bound a span of time.

    Reading the counts of the threads takes 0.1 ms per thread: more than half a second for a server
    of 5,000 threads, and perhaps on the server's own core. So the clocks are read before and after.
    """

    began: Clocks
    ended: Clocks
    queued_s: float | None = None  # time for which its threads were ready and did not run
    wakeups: int | None = None  # how often one of its threads had waited and then ran
    preemptions: int | None = None  # how often one of its threads had to give way to another

    @classmethod
    def of(cls, pid: int) -> Usage:
        """Read what ``pid`` has used so far."""
        began = Clocks.of(pid)
        queued_s, (wakeups, preemptions) = _queued_s(pid), _switches(pid)
        return cls(began, Clocks.of(pid), queued_s, wakeups, preemptions)


@dataclass(frozen=True)
class Spent:
    """What a process used between two readings."""

    clock_s: float
    cpu_s: float | None
    crowding: float | None  # share of the time that other programs may have taken, 0 to 1
    wakeups: int | None = None
    preemptions: int | None = None

    @property
    def switches(self) -> int | None:
        """Context switches of both kinds."""
        if self.wakeups is None or self.preemptions is None:
            return None
        return self.wakeups + self.preemptions

    @classmethod
    def between(cls, before: Usage, after: Usage) -> Spent:
        """Return the difference of two readings of one process, without the time of reading them.

        Crowding is estimated in two ways, and the smaller value is taken, because each way can
        only be too high. The time in the run queue is too high if a server's threads wait for one
        another. The time that neither the core idled nor the server ran is too high if a kernel
        charges network work to no process.
        """
        began, ended = before.ended, after.began
        clock_s = ended.clock_s - began.clock_s
        cpu_s = _minus(ended.cpu_s, began.cpu_s)
        idle_s = _minus(ended.core_idle_s, began.core_idle_s)
        queued_s = _minus(after.queued_s, before.queued_s)
        bounds_s = [] if queued_s is None else [queued_s]
        if idle_s is not None and cpu_s is not None:
            bounds_s.append(max(0.0, clock_s - idle_s - cpu_s))
        crowding = min(bounds_s) / clock_s if bounds_s else None
        wakeups = _minus(after.wakeups, before.wakeups)
        preemptions = _minus(after.preemptions, before.preemptions)
        return cls(clock_s, cpu_s, crowding, wakeups, preemptions)


def _minus(after: T | None, before: T | None) -> T | None:
    return None if after is None or before is None else after - before


def _listening_inodes(port: int) -> set[str]:
    """Return the inodes of the sockets that listen at a port, of either kind of address."""
    return {fields[9] for fields in _sockets_at(port) if fields[3] == _LISTENING}


def _sockets_at(port: int) -> Iterator[list[str]]:
    """Yield the fields of the kernel's table for each TCP socket at a port of this machine."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in (_read(table) or "").splitlines()[1:]:
            fields = line.split()
            if _port(fields[1]) == port:
                yield fields


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text()
    except OSError:
        return None


def _cpu_s(pid: int) -> float | None:
    stat = _read(f"/proc/{pid}/stat")
    if stat is None:
        return None
    # The second field is the program's name in brackets, which may itself hold spaces and brackets.
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
