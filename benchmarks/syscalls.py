"""Count a process's system calls with ``perf`` or ``strace``, if one of the two works here.

Counting slows the process down (perf a little, strace tenfold), so system calls are counted in
runs of their own, and the times of such a run are never used.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache


__all__ = ["SyscallCount", "counter", "counting_syscalls", "works"]

_ATTACH_S = 0.5  # neither tool says when it has attached
_END_S = 20.0
_PERF = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter"]
_PROBES = {"perf": [*_PERF, "true"], "strace": ["strace", "-c", "true"]}


@dataclass
class SyscallCount:
    """The number of calls, set when counting has ended; None if nothing could be counted."""

    total: int | None = None


@cache
def counter() -> str | None:
    """Return ``perf`` or ``strace``, the first that works here; None if neither works."""
    return next((tool for tool in _PROBES if works(tool)), None)


def works(tool: str) -> bool:
    """Return whether ``tool`` is installed and allowed to count."""
    if shutil.which(tool) is None:
        return False
    try:
        tried = subprocess.run(_PROBES[tool], capture_output=True, text=True, timeout=_END_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0 and _total(tool, tried.stderr) is not None


@contextmanager
def counting_syscalls(pid: int | None) -> Iterator[SyscallCount]:
    """Count the system calls of all threads of process ``pid`` while the body runs.

    Nothing is counted if ``pid`` is None, or if no tool works here.
    """
    count = SyscallCount()
    tool = counter() if pid is not None else None
    if tool is None:
        yield count
        return
    attach = [*_PERF, "-p"] if tool == "perf" else ["strace", "-f", "-c", "-p"]
    child = subprocess.Popen(
        [*attach, str(pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        time.sleep(_ATTACH_S)
        yield count
        child.send_signal(signal.SIGINT)
        count.total = _total(tool, child.communicate(timeout=_END_S)[1])
    except subprocess.TimeoutExpired:
        pass
    finally:
        child.kill()
        child.communicate()


def _total(tool: str, report: str) -> int | None:
    if tool == "perf":
        found = re.search(r"^(\d+),[^,]*,raw_syscalls:sys_enter", report, re.MULTILINE)
    else:
        found = re.search(r"^100\.00 +[\d.]+ +\d* +(\d+) .*total$", report, re.MULTILINE)
    return int(found[1]) if found else None
