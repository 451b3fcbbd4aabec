"""Locks, queues and threads that obey a schedule, in the place of Python's own.

`install` puts them there for the whole process, before an exercise is loaded: then ``from
threading import Lock`` gets ours. What Python builds on locks (conditions, events, semaphores,
``queue.Queue``, futures) is written in Python, and so obeys too without being replaced.

Invariants:
  1. Outside a schedule nobody else can run, so what would have to wait there never ends; it raises
     `Stuck` instead.
  2. A thread that sleeps may go on at any moment, as on a busy machine: sleeping is not
     synchronising.
  3. What blocks the loop that all tasks share is the exercise's fault, and is noted in
     `complaints`, for an exercise may catch every exception.
"""

from __future__ import annotations

import _thread
import queue
import select
import selectors
import sys
import threading
import time
from asyncio import _get_running_loop
from collections.abc import Callable
from concurrent.futures import _base
from types import ModuleType, TracebackType
from typing import Any

from hubbub.learning.promises import Broken
from hubbub.learning.schedule import LOOK_S, Place, Strand, Stuck, current, place_of
from hubbub.learning.tasks import ShuffledLoop


__all__ = [
    "Lock",
    "RLock",
    "Thread",
    "begin_early_threads",
    "complain",
    "complaints",
    "has_early_threads",
    "holding",
    "install",
    "me",
]

OUTSIDE = "the check"

complaints: list[str] = []  # sentences about what the exercise did, for the check to find


def complain(sentence: str) -> Broken:
    """Note what an exercise did wrong, and return it, to be raised."""
    complaints.append(sentence)
    return Broken(sentence)


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


def _loop_runs() -> bool:
    """Tell whether a task of asyncio or trio runs now: what blocks it blocks all of them."""
    if _get_running_loop() is not None:
        return True
    trio = sys.modules.get("trio")
    return trio is not None and bool(trio.lowlevel.in_trio_run())


def _blocked(what: object) -> Broken:
    place = place_of(sys._getframe(1))
    at = f" at {place}" if place else ""
    waits = f"waits for {what}" if isinstance(what, str) else "waits there"
    return complain(
        f"Your code blocks the loop{at}: while it {waits}, no other task can run. One "
        "thread runs all tasks, and only an `await` lets another one go on."
    )


def _wait(what: object, ready: Callable[[], bool], timeout_s: float | None) -> bool:
    schedule = current()
    if schedule is None or schedule.strand is None:
        if ready():
            return True
        if _loop_runs():
            raise _blocked(what)
        if timeout_s is not None:
            return False
        raise Stuck([(OUTSIDE, str(what), None)])
    return schedule.wait(what, ready, timeout_s)


_SIGNALS = {
    "Event.wait": "an event to be set",
    "Semaphore.acquire": "a semaphore to be released",
    "Barrier.wait": "others at a barrier",
    "Queue.get": "an item in a queue",
    "Queue.put": "a place in a full queue",
    "Queue.join": "the items of a queue to be done",
    "_PySimpleQueue.get": "an item in a queue",
    "Future.result": "the result of a future",
}
_BUILT_ON_LOCKS = (threading.__file__, queue.__file__, _base.__file__)


def _signal_waited_for() -> str:
    """Return what a strand waits for that a lock only stands for; nothing where it is the lock."""
    frame = sys._getframe(3)
    if frame.f_code.co_qualname != "Condition.wait":
        return ""
    while frame.f_back is not None and frame.f_back.f_code.co_filename in _BUILT_ON_LOCKS:
        frame = frame.f_back
    return _SIGNALS.get(frame.f_code.co_qualname, "a notify of a condition")


class _Held:
    """What a strand waits for: a lock; as text, the strand that holds it at that moment."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._waits = me()
        self._signal = _signal_waited_for()

    def __str__(self) -> str:
        holder, place, by = self._lock._holder, self._lock._place, self._lock._taken_by
        since = f" (taken at {place})" if place else ""
        if self._signal:
            return self._signal
        if by is not None and by.ended:
            return f"a lock that {holder} took{since and f' at {place}'} and never released"
        if holder == self._waits:
            return f"a lock that it holds itself{since}"
        return f"the lock that {holder} holds{since}"


class Lock:
    """A ``threading.Lock``."""

    def __init__(self) -> None:
        self._holder = ""
        self._place: Place | None = None  # where it was taken
        self._taken_by: Strand | None = None

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; wait for the strand that holds it."""
        if self._holder:
            if not blocking:
                return False
            what = _Held(self)
            if not _wait(what, lambda: not self._holder, None if timeout < 0 else timeout):
                return False
        self._holder = me()
        _holds().append(self)
        schedule = current()
        if schedule is not None:
            self._place = place_of(sys._getframe(1))
            self._taken_by = schedule.strand
            schedule.locks_taken += 1
        return True

    def release(self) -> None:
        """Release it."""
        if not self._holder:
            raise RuntimeError("release unlocked lock")
        self._holder = ""
        schedule = current()
        for strand in [_holds(), *([s.holds for s in schedule.strands] if schedule else [])]:
            if self in strand:
                strand.remove(self)
                break

    def locked(self) -> bool:
        """Tell whether a strand holds it."""
        return bool(self._holder)

    acquire_lock, release_lock, locked_lock = acquire, release, locked  # names of _thread's lock

    def _at_fork_reinit(self) -> None:
        self._holder = ""

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
        """Release it once."""
        if self._holder != me():
            raise RuntimeError("cannot release un-acquired lock")
        self._depth -= 1
        if not self._depth:
            super().release()

    def __enter__(self) -> bool:
        return self.acquire()

    def _release_save(self) -> int:
        depth, self._depth = self._depth, 0
        super().release()
        return depth

    def _acquire_restore(self, depth: int) -> None:
        super().acquire()
        self._depth = depth

    def _is_owned(self) -> bool:
        return self._holder == me()


_started_early: list[Thread] = []  # before anything runs: they begin with the next schedule


class Thread(threading.Thread):
    """A ``threading.Thread`` that is a strand of the schedule that runs."""

    _strand: Strand | None = None

    def start(self) -> None:
        """Begin to run."""
        if self._strand is not None or self in _started_early:
            raise RuntimeError("threads can only be started once")
        if _loop_runs():
            raise complain(
                "Your code starts a thread from a task: then two threads are in the room at once, "
                "and no `await` keeps them apart. Stay in the tasks: nothing here needs a thread."
            )
        schedule = current()
        if schedule is None:
            _started_early.append(self)
        else:
            self.begin_in(schedule)

    def begin_in(self, schedule: Any) -> None:
        """Become a strand. The schedule may end while it waits, as a program does with daemons."""
        self._strand = schedule.spawn(self.name, self.run, daemon=True)

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        if self._strand is not None:
            strand = self._strand
            _wait(f"the end of {self.name}", lambda: strand.ended, timeout)

    def is_alive(self) -> bool:
        """Tell whether it has begun and not ended."""
        return self in _started_early or (self._strand is not None and not self._strand.ended)


def has_early_threads() -> bool:
    """Tell whether threads were started before anything ran, and have not begun."""
    return bool(_started_early)


def begin_early_threads() -> None:
    """Have the threads that were started before anything ran begin in the schedule that runs."""
    schedule = current()
    early, _started_early[:] = _started_early[:], []
    for thread in early:
        thread.begin_in(schedule)


def _start_new_thread(
    function: Callable[..., object], given: tuple[Any, ...], named: dict[str, Any] | None = None
) -> int:
    thread = Thread(target=function, args=given, kwargs=named or {})
    thread.start()
    return id(thread)


_now_outside_s = 0.0


def _now_s() -> float:
    schedule = current()
    if schedule:
        return schedule.look_at_clock()
    loop = _get_running_loop()
    return loop.time() if isinstance(loop, ShuffledLoop) else _pass_outside(LOOK_S)


def _pass_outside(seconds: float) -> float:
    global _now_outside_s
    _now_outside_s += seconds
    return _now_outside_s


def _scheduled(clock: Callable[[], float]) -> Callable[[], float]:
    """Return a clock that obeys a schedule while one runs."""
    began = clock()

    def read() -> float:
        schedule = current()
        return began + schedule.look_at_clock() if schedule else clock()

    return read


def _scheduled_ns(clock_s: Callable[[], float]) -> Callable[[], int]:
    return lambda: int(clock_s() * 1e9)


def _sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    schedule = current()
    if schedule is not None and schedule.strand is not None:
        schedule.sleep(seconds)
    elif _loop_runs():
        raise _blocked(f"{seconds:g} s to pass")
    else:
        _pass_outside(seconds)


_real_select = select.select


def _select(
    readers: Any, writers: Any, others: Any, timeout: float | None = None
) -> tuple[list[Any], list[Any], list[Any]]:
    """Wait for nothing but time as `_sleep` does."""
    if readers or writers or others or timeout is None:
        return _real_select(readers, writers, others, timeout)
    _sleep(timeout)
    return [], [], []


_real_selector_select: Any = selectors.DefaultSelector.select


def _selector_select(self: Any, timeout: float | None = None) -> Any:
    """Wait for a socket or a pipe as a strand does, so that another strand can write to it."""
    found = _real_selector_select(self, 0)
    schedule = current()
    if found or timeout == 0 or schedule is None or schedule.strand is None:
        return found or _real_selector_select(self, timeout)
    what = "something to come to a socket"
    schedule.wait(what, lambda: bool(_real_selector_select(self, 0)), timeout)
    return _real_selector_select(self, 0)


def _low_level() -> ModuleType:
    """Return a ``_thread`` whose locks and threads obey. Python's own imports keep the real one."""
    ours = ModuleType("_thread", _thread.__doc__)
    vars(ours).update(vars(_thread))
    vars(ours).update(
        allocate_lock=Lock,
        allocate=Lock,
        LockType=Lock,
        RLock=RLock,
        start_new_thread=_start_new_thread,
        start_new=_start_new_thread,
    )
    return ours


def install() -> None:
    """Put all of it in its place, for good."""
    timer: Any = type("Timer", (Thread,), dict(vars(threading.Timer)))
    wall, counter = _scheduled(time.time), _scheduled(time.perf_counter)
    places: list[tuple[Any, str, Any]] = [
        (time, "time", wall),
        (time, "time_ns", _scheduled_ns(wall)),
        (time, "perf_counter", counter),
        (time, "perf_counter_ns", _scheduled_ns(counter)),
        (time, "monotonic_ns", _scheduled_ns(_now_s)),
        (select, "select", _select),
        (selectors.DefaultSelector, "select", _selector_select),
        (sys, "settrace", lambda _: None),  # it is the schedule that follows the exercise
        (threading, "Lock", Lock),
        (threading, "RLock", RLock),
        (threading, "_allocate_lock", Lock),
        (threading, "Thread", Thread),
        (threading, "Timer", timer),
        (queue, "SimpleQueue", queue._PySimpleQueue),  # type: ignore[attr-defined]
        (time, "sleep", _sleep),
        (time, "monotonic", _now_s),
        (queue, "time", _now_s),
        (threading, "_time", _now_s),
    ]
    for module, name, stand_in in places:
        setattr(module, name, stand_in)
    sys.modules["_thread"] = _low_level()
    _thread.stack_size(256 * 1024)  # hundreds of schedules start thousands of threads
