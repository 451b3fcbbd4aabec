"""The flood rule: talkers are held back while somebody who reads is far behind.

Mirrors on_threads/pace.py and on_asyncio/pace.py.

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

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio


__all__ = ["Pace"]


class Pace:
    """Who holds the talkers back, and the talkers that wait."""

    def __init__(self) -> None:
        self._holders: set[object] = set()
        self._talkers = trio.lowlevel.ParkingLot()
        self._first = trio.lowlevel.ParkingLot()  # those that were admitted in vain

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
                await (self._first if first else self._talkers).park()
                first = True  # where the talker before us filled an outbox
        finally:
            self._wake_one()  # one wakes the next: all at once would mostly go back to sleep

    @asynccontextmanager
    async def turn(self, lock: trio.Lock) -> AsyncIterator[None]:
        """Wait for a moment when nobody holds and ``lock`` is ours; it is, inside."""
        in_vain = False
        while True:
            await self.admitted(first=in_vain)
            try:
                lock.acquire_nowait()  # no checkpoint: each would have all write pumps run
            except trio.WouldBlock:
                await lock.acquire()
            try:
                if not self._holders:  # else one did while we waited for the lock
                    yield
                    return
            finally:
                lock.release()
            in_vain = True

    def _wake_one(self) -> None:
        if not self._holders and not self._first.unpark():
            self._talkers.unpark()
