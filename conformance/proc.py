"""What Linux tells of running processes: memory, processor time, file descriptors.

On another system each function raises ``Unknown``.
"""

import os
import resource
import sys
import time
from pathlib import Path

from conformance.verdicts import Unknown


__all__ = ["cpu_s", "limit_descriptors", "open_descriptors", "rss_bytes", "wait_stopped"]


def rss_bytes(group: int) -> int:
    """Return the resident memory of all processes of a group."""
    pages = sum(int(fields[21]) for fields in _stats(group))
    return pages * resource.getpagesize()


def cpu_s(group: int) -> float:
    """Return the processor time that the processes of a group have used."""
    ticks = sum(int(fields[11]) + int(fields[12]) for fields in _stats(group))
    return ticks / os.sysconf("SC_CLK_TCK")


def open_descriptors(pid: int) -> list[int]:
    """Return the numbers of the file descriptors that a process has open."""
    return [int(entry.name) for entry in (_proc() / str(pid) / "fd").iterdir()]


def limit_descriptors(pid: int, more: int) -> None:
    """Let a running process open ``more`` file descriptors and none beyond them."""
    highest = max(open_descriptors(pid))
    limit = highest + 1 + more
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, limit))


def wait_stopped(pid: int, within: float) -> None:
    """Wait until no thread of a process runs any more, after SIGSTOP.

    A signal returns at once, but a thread on another core goes on until the kernel has told it. On
    another system than Linux this returns at once, too.

    Raises:
        Unknown: a thread still runs after that time.
    """
    tasks = Path(f"/proc/{pid}/task")
    deadline = time.monotonic() + within
    while sys.platform == "linux" and any(map(_runs, tasks.glob("*/stat"))):
        if time.monotonic() > deadline:
            raise Unknown("the server could not be stopped")
        time.sleep(0)


def _runs(stat: Path) -> bool:
    try:
        return stat.read_text().rpartition(")")[2].split()[0] not in "TtZX"
    except (FileNotFoundError, ProcessLookupError):  # the thread has ended
        return False


def _stats(group: int) -> list[list[str]]:
    """Return what /proc/PID/stat says after the command name, for each process of a group."""
    found = []
    # A test asks this dozens of times: only the processes of the group are looked at closely.
    folder = _proc()
    for pid in os.listdir(folder):
        try:
            if not pid.isdecimal() or os.getpgid(int(pid)) != group:
                continue
            text = (folder / pid / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the process ended between the listing and the reading
        found.append(text.rpartition(")")[2].split())
    return found


def _proc() -> Path:
    if sys.platform != "linux":
        raise Unknown("only Linux tells what a process uses")
    return Path("/proc")
