"""An asyncio loop whose tasks run in an order that a seed makes, on a clock that nobody waits for.

asyncio runs what is ready first in, first out. That order is nobody's promise, and it hides what
goes wrong under another: here it is shuffled before each round. When all wait for time to pass,
it passes at once.

Invariant: the same seed and the same program give the same order. That needs a program without
sockets and threads; what comes from outside comes when it comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import random
from collections.abc import Coroutine
from typing import Any, TypeVar


__all__ = ["AllWait", "ShuffledLoop", "TooLong", "run_shuffled"]

T = TypeVar("T")
MOST_ROUNDS = 20_000  # an exercise needs some hundreds


class AllWait(Exception):
    """Every task waits, and nothing will ever wake one. The text says who waits where."""


class TooLong(Exception):
    """The tasks make no end."""


class ShuffledLoop(asyncio.SelectorEventLoop):
    """A loop for one seed.

    Attributes:
        rounds: how often it has run what was ready. Two things in one round with no ``await``
            between them have nothing between them.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._order = random.Random(seed)
        self._now_s = 0.0
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
                raise AllWait
            self._now_s = max(self._now_s, scheduled[0]._when)
        self.rounds += 1
        if self.rounds > MOST_ROUNDS:
            raise TooLong
        self._order.shuffle(loop._ready)
        loop.__class__.__base__._run_once(self)


def run_shuffled(main: Coroutine[Any, Any, T], seed: int) -> T:
    """Run a coroutine to its end in an order that ``seed`` makes, and cancel what is left.

    Raises:
        AllWait: it cannot come to its end.
        TooLong: it does not.
    """
    loop = ShuffledLoop(seed)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    finally:
        _cancel_all(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _cancel_all(loop: ShuffledLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.rounds = 0
        loop.set_exception_handler(lambda *_: None)
        # A task that will not be cancelled: the process ends with it.
        with contextlib.suppress(AllWait, TooLong, RuntimeError):
            loop.run_until_complete(asyncio.wait(left, timeout=1.0))
