"""Ends the processes that this process has started, even if this process is killed.

A process that gets SIGKILL cannot clean up. So a helper process, the guard, holds the reading end
of a pipe. When this process ends, for whatever reason, the pipe ends too, and the guard kills every
process group that was guarded then. This needs nothing of the system but pipes and signals, and it
reaches what a launcher script has started, because that is in the same process group.

Invariants:
  1. The guard has a session of its own, and the signals of a terminal are blocked in it: it
     outlives this process by a moment, however this process ends.
  2. A group is released before its id can be used again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading


__all__ = ["guard", "release"]

_GUARD = """
import os, sys
os.setsid()
guarded = set()
for line in sys.stdin:
    (guarded.add if line[0] == "+" else guarded.discard)(int(line[1:]))
for target in guarded:
    try:
        os.kill(target, 9)
    except OSError:
        pass
"""
_BLOCKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

_lock = threading.Lock()  # guards the two below
_guarded: set[int] = set()
_pipe: int | None = None  # the writing end; None: there is no guard yet


def guard(process: int, *, whole_group: bool = True) -> None:
    """Kill a process group, or one process only, when this process has ended.

    Args:
        process: the id of the group's leader, or of the one process.
        whole_group: False: the process shares a group with this one, so only it is killed.
    """
    target = -process if whole_group else process
    with _lock:
        _guarded.add(target)
        _tell(f"+{target}\n")


def release(process: int) -> None:
    """Guard a process and its group no longer: it has ended. Calling it again does nothing."""
    with _lock:
        for target in _guarded & {process, -process}:
            _guarded.discard(target)
            _tell(f"-{target}\n")


def _tell(line: str) -> None:
    global _pipe
    if _pipe is not None:
        try:
            os.write(_pipe, line.encode())
            return
        except OSError:  # the guard was ended by somebody: start another one
            with contextlib.suppress(OSError):
                os.close(_pipe)
            _pipe = None
    _pipe = _start()
    with contextlib.suppress(OSError):
        os.write(_pipe, "".join(f"+{target}\n" for target in _guarded).encode())


def _start() -> int:
    """Start a guard; return the writing end of its pipe, which no other process gets."""
    reading, writing = os.pipe()
    # posix_spawn and not Popen: nobody waits for the guard, which outlives this process.
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-S", "-c", _GUARD],
        {},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, reading, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ],
        setsigmask=_BLOCKED,
    )
    os.close(reading)
    return writing
