"""The flood rule: talkers are held back while somebody who reads is far behind.

Mirrors on_threads/pace.py and on_trio/pace.py.

An outbox over its high-water mark holds; it releases at its low-water mark, when
its socket has taken nothing for a second (that client does not read, and
delays nobody; one that stalled before it was that far behind does not even
begin to hold), or when it closes. A full inbox holds too. Every command passes
`turn` before the hub sees it, so the hub itself never waits for a client.

Invariants:
  1. Whoever `turn` lets in has its lock, and found nobody holding when it had it.
  2. Nobody holds for ever: see `wire.Wire`, which ends each hold.
  3. Talkers go on in the order in which they came. One that was let in, and found that another
     had filled an outbox meanwhile, waits at the head, or a flood could overtake it for ever.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


__all__ = ["Pace"]


class Pace:
    """Who holds the talkers back, and the talkers that wait."""

    def __init__(self) -> None:
        self._holders: set[object] = set()
        self._talkers: deque[asyncio.Future[None]] = deque()

    def hold(self, holder: object) -> None:
        """Hold the talkers back on behalf of ``holder``. Idempotent, never waits."""
        self._holders.add(holder)

    def release(self, holder: object) -> None:
        """Take ``holder``'s hold away. Idempotent, never waits."""
        self._holders.discard(holder)
        self._wake_one()

    async def admitted(self, *, first: bool = False) -> None:
        """Wait until nobody holds. Returns without a checkpoint when nobody does.

        Args:
            first: wait ahead of all others; for who was admitted before, in vain.
        """
        try:
            while self._holders:
                turn = asyncio.get_running_loop().create_future()
                if first:
                    self._talkers.appendleft(turn)
                else:
                    self._talkers.append(turn)
                await turn
                first = True  # where the talker before us filled an outbox
        finally:
            self._wake_one()  # one wakes the next: all at once would mostly go back to sleep

    @asynccontextmanager
    async def turn(self, lock: asyncio.Lock) -> AsyncIterator[None]:
        """Wait for a moment when nobody holds and ``lock`` is ours; it is, inside."""
        in_vain = False
        while True:
            await self.admitted(first=in_vain)
            async with lock:
                if not self._holders:  # else one did while we waited for the lock
                    yield
                    return
            in_vain = True

    def _wake_one(self) -> None:
        while self._talkers and not self._holders:
            turn = self._talkers.popleft()
            if not turn.done():  # else its talker was cancelled
                turn.set_result(None)
                return
