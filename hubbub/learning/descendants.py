"""The processes that a process has started, and those that these started; how to end them all.

Linux says in ``/proc`` whose child is whose. Elsewhere nothing is found here, and a process group
has to do.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


__all__ = ["descendants", "end_descendants", "memory_bytes"]

_ROUNDS = 100
_PAUSE_S = 0.002


def descendants(pid: int) -> list[int]:
    """Return the children of a process, and theirs, those that have ended too."""
    found: list[int] = []
    for child in _children(pid):
        found += [child, *descendants(child)]
    return found


def end_descendants(pid: int) -> None:
    """End all that a process started. They are stopped first: a stopped one starts no others."""
    for _ in range(_ROUNDS):
        left = descendants(pid)
        if not left:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(one, number)
        with contextlib.suppress(ChildProcessError):  # those that are ours, or have become ours
            while pid == os.getpid() and os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(_PAUSE_S)


def memory_bytes(pid: int) -> int:
    """Return the memory that a process really has, files left out; 0 where that cannot be seen."""
    try:
        resident, of_files = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(of_files)) * os.sysconf("SC_PAGE_SIZE")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found
