"""Locks, queues and threads that obey a schedule, in the place of Python's own.

`install` puts them there for the whole process, before an exercise is loaded: then ``from
threading import Lock`` gets ours. What Python builds on locks (conditions, events, semaphores,
``queue.Queue``, futures) is written in Python, and so obeys too without being replaced.

Invariant: outside a schedule nobody else can run, so what would have to wait there never ends;
it raises `Stuck` instead.
"""

from __future__ import annotations

import _thread
import queue
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from hubbub.learning.schedule import Strand, Stuck, current


__all__ = ["Lock", "RLock", "Thread", "holding", "install", "me"]

OUTSIDE = "the check"


def me() -> str:
    """Return the name of the strand that runs."""
    schedule = current()
    return schedule.strand.name if schedule and schedule.strand else OUTSIDE


def holding() -> list[object]:
    """Return the locks that the strand which runs has."""
    schedule = current()
    return list(schedule.strand.holds) if schedule and schedule.strand else list(_held_outside)


_held_outside: list[object] = []


def _holds() -> list[object]:
    schedule = current()
    return schedule.strand.holds if schedule and schedule.strand else _held_outside


def _wait(what: str, ready: Callable[[], bool], timeout_s: float | None) -> bool:
    schedule = current()
    if schedule is None or schedule.strand is None:
        if ready():
            return True
        if timeout_s is not None:
            return False
        raise Stuck([(OUTSIDE, what, None)])
    return schedule.wait(what, ready, timeout_s)


class Lock:
    """A ``threading.Lock``."""

    def __init__(self) -> None:
        self._holder = ""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, waiting for whoever has it."""
        if self._holder:
            if not blocking:
                return False
            what = f"a lock that {self._holder} has"
            if self._holder == me():
                what = "a lock that it has itself"
            if not _wait(what, lambda: not self._holder, None if timeout < 0 else timeout):
                return False
        self._holder = me()
        _holds().append(self)
        schedule = current()
        if schedule is not None:
            schedule.locks_taken += 1
        return True

    def release(self) -> None:
        """Let it go."""
        if not self._holder:
            raise RuntimeError("release unlocked lock")
        self._holder = ""
        schedule = current()
        for strand in [_holds(), *([s.holds for s in schedule.strands] if schedule else [])]:
            if self in strand:
                strand.remove(self)
                break

    def locked(self) -> bool:
        """Tell whether somebody has it."""
        return bool(self._holder)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._holder:  # else a schedule that is over is unwinding
            self.release()


class RLock(Lock):
    """A ``threading.RLock``."""

    __module__ = "_thread"  # trio takes no other, lest a signal find it half taken; none comes here

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, once more if it is ours."""
        if self._holder != me() and not super().acquire(blocking, timeout):
            return False
        self._depth += 1
        return True

    def release(self) -> None:
        """Let it go once."""
        if self._holder != me():
            raise RuntimeError("cannot release un-acquired lock")
        self._depth -= 1
        if not self._depth:
            super().release()

    def _release_save(self) -> int:
        depth, self._depth = self._depth, 0
        super().release()
        return depth

    def _acquire_restore(self, depth: int) -> None:
        super().acquire()
        self._depth = depth

    def _is_owned(self) -> bool:
        return self._holder == me()


class Thread(threading.Thread):
    """A ``threading.Thread`` that is a strand of the schedule that runs."""

    _strand: Strand | None = None

    def start(self) -> None:
        """Begin to run."""
        schedule = current()
        if schedule is None:
            raise RuntimeError("a thread is started before anything runs: start it in a method")
        self._strand = schedule.spawn(self.name, self.run, daemon=self.daemon)

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        if self._strand is not None:
            strand = self._strand
            _wait(f"the end of {self.name}", lambda: strand.ended, timeout)

    def is_alive(self) -> bool:
        """Tell whether it has begun and not ended."""
        return self._strand is not None and not self._strand.ended


def _now_s() -> float:
    schedule = current()
    return schedule.now_s if schedule else 0.0


def _sleep(seconds: float) -> None:
    _wait("its sleep to end", lambda: False, seconds)


def install() -> None:
    """Put all of it in its place, for good."""
    places: list[tuple[Any, str, Any]] = [
        (threading, "Lock", Lock),
        (threading, "RLock", RLock),
        (threading, "_allocate_lock", Lock),
        (threading, "Thread", Thread),
        (queue, "SimpleQueue", queue._PySimpleQueue),  # type: ignore[attr-defined]
        (time, "sleep", _sleep),
        (time, "monotonic", _now_s),
        (queue, "time", _now_s),
        (threading, "_time", _now_s),
    ]
    for module, name, stand_in in places:
        setattr(module, name, stand_in)
    _thread.stack_size(256 * 1024)  # hundreds of schedules start thousands of threads
