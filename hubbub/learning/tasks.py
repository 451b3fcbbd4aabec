"""An asyncio loop whose tasks run in an order that a seed makes, on a clock that nobody waits for.

asyncio runs what is ready first in, first out. That order is nobody's promise, and it hides what
goes wrong under another: here it is shuffled before each round. When all wait for time to pass,
it passes at once; where a task polls and so never waits, it passes slowly. What blocks the loop,
and so all tasks, is counted.

Invariant: the same seed and the same program give the same order. That needs a program without
sockets and threads; what comes from outside comes when it comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import random
import resource
import sys
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from hubbub.learning.promises import Broken
from hubbub.learning.schedule import place_of


__all__ = ["AllWait", "ShuffledLoop", "TooLong", "run_shuffled", "who_waits_where"]

T = TypeVar("T")
MOST_ROUNDS = 20_000  # an exercise needs some hundreds
SPIN_ROUNDS = 200  # with tasks that can go on in each of them, and the clock stands still
SPIN_S = 0.001  # that pass in each round from then on: a task may ask again and again for the time
BLOCKS_S = 0.02  # a round that takes this long without need keeps all tasks waiting
MOST_BLOCKED = 6  # rounds, of all loops together; one may be an import


class AllWait(Exception):
    """Every task waits, and nothing will ever wake one. The text says who waits where."""


class TooLong(Exception):
    """The tasks never terminate."""


class ShuffledLoop(asyncio.SelectorEventLoop):
    """A loop for one seed.

    Attributes:
        rounds: how often it has run what was ready. Two things in one round with no ``await``
            between them have nothing between them.
        blocked: rounds of all loops in which a task kept the thread, by waiting or by computing.
    """

    blocked = 0

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._order = random.Random(seed)
        self._now_s = 0.0
        self._moved = 0  # the round in which the clock moved last, since nothing else could
        self.rounds = 0

    def time(self) -> float:
        """Return the time in seconds, which passes only while all wait."""
        return self._now_s

    def _run_once(self) -> None:
        loop: Any = self
        scheduled = loop._scheduled
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
            loop._timer_cancelled_count = max(0, loop._timer_cancelled_count - 1)
        if not loop._ready and not loop._stopping:
            if not scheduled:
                raise AllWait(who_waits_where(self))
            self._now_s = max(self._now_s, scheduled[0]._when)
            self._moved = self.rounds
        elif scheduled and self.rounds - self._moved > SPIN_ROUNDS:
            self._now_s += SPIN_S
        self.rounds += 1
        if self.rounds > MOST_ROUNDS:
            raise TooLong
        self._order.shuffle(loop._ready)
        before_s, waits, cpu_s = _spent()
        loop.__class__.__base__._run_once(self)
        after_s, more_waits, more_cpu_s = _spent()
        if after_s - before_s > BLOCKS_S:  # a thread that is kept from running does not wait
            waited = more_waits > waits and after_s - before_s > 2 * (more_cpu_s - cpu_s)
            ShuffledLoop.blocked += waited or more_cpu_s - cpu_s > BLOCKS_S
        if self.blocked >= MOST_BLOCKED:
            raise Broken(
                "Your code blocks the loop: a call in it takes long and does not `await`, so no "
                "other task can run meanwhile. One thread runs all tasks."
            )


def _spent() -> tuple[float, int, float]:
    """Return the time, how often this thread has waited for something, and its own time."""
    used = resource.getrusage(_THREAD)
    return time.perf_counter(), used.ru_nvcsw, used.ru_utime + used.ru_stime


_THREAD = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)


def who_waits_where(loop: asyncio.AbstractEventLoop) -> str:
    """Return which task waits at which line of the exercise, as sentences."""
    told = []
    for task in sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name()):
        stack: Any = task.get_stack()
        coroutine: Any = task.get_coro()
        while getattr(coroutine, "cr_await", None) is not None:
            coroutine = coroutine.cr_await
            stack += [coroutine.cr_frame] if getattr(coroutine, "cr_frame", None) else []
        places = [place for frame in stack if (place := _line_of(frame))]
        if places:
            told.append(f"{task.get_name()} waits at {places[-1]}.")
    return " ".join(told[:3])


def _line_of(frame: Any) -> str:
    exercise = sys.modules.get("exercise")
    inside = exercise is not None and frame.f_code.co_filename == exercise.__file__
    return str(place_of(frame)) if inside else ""


def run_shuffled(main: Coroutine[Any, Any, T], seed: int) -> T:
    """Run a coroutine to its end in an order that ``seed`` makes, and cancel what is left.

    Raises:
        AllWait: every task waits, and it has not ended.
        TooLong: it does not end.
        Broken: it blocks the loop.
    """
    loop = ShuffledLoop(seed)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    except asyncio.CancelledError:
        raise Broken(
            "Your code cancels tasks that are not its own: asyncio.all_tasks() holds the tasks of "
            "its callers too. Cancel the tasks that you know, one by one."
        ) from None
    except RuntimeError as error:
        if "Event loop stopped" not in str(error):
            raise
        raise Broken(
            "Your code stops the event loop (loop.stop()): with it every task stops, the caller's "
            "too. End your own tasks, and leave the loop running."
        ) from None
    finally:
        _cancel_all(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _cancel_all(loop: ShuffledLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.rounds = loop._moved = ShuffledLoop.blocked = 0
        loop.set_exception_handler(lambda *_: None)
        # A task that will not be cancelled: the process ends with it.
        with contextlib.suppress(AllWait, TooLong, Broken, RuntimeError):
            loop.run_until_complete(asyncio.wait(left, timeout=1.0))
