"""The flood rule: talkers wait while a client that reads is far behind.

Mirrors on_threads/pace.py and on_asyncio/pace.py.

An outbox at its high-water mark holds the talkers back. It releases them at its low-water
mark, when it closes, or when its socket has taken nothing for a second: then its client does
not read, and must not delay the others. An outbox whose socket was idle for half a second
before the mark was reached does not even begin to hold. A full inbox holds the talkers back,
too. Every join and submit passes `turn` before the hub sees it; departures do not. So
the hub itself never waits for a client.

Invariants:
  1. A talker that `turn` lets in has the lock, and when it got the lock nobody was holding
     the talkers back.
  2. Every hold ends. `Wire` ends those of an outbox (under ``block`` only by
     ``write_timeout``), `Inbox.carried_out` ends its own.
  3. Talkers go on in the order in which they came. A talker that was let in, but then found
     the room held again, waits at the front. Otherwise a flood could overtake it for ever.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio


__all__ = ["Pace"]


class Pace:
    """The holders, which keep the talkers back, and the talkers that wait."""

    def __init__(self) -> None:
        self._holders: set[object] = set()
        self._talkers = trio.lowlevel.ParkingLot()
        self._first = trio.lowlevel.ParkingLot()  # for talkers that were admitted before

    def hold(self, holder: object) -> None:
        """Hold the talkers back on behalf of ``holder``. Idempotent; never waits."""
        self._holders.add(holder)

    def release(self, holder: object) -> None:
        """End the hold of ``holder``. Idempotent; never waits."""
        self._holders.discard(holder)
        self._wake_one()

    async def admitted(self, *, first: bool = False) -> None:
        """Wait until nobody holds the talkers back. Gives no other task a turn if nobody does.

        Args:
            first: wait in front of all others: for a talker that was admitted before, but
                found the room held again.
        """
        try:
            while self._holders:
                await (self._first if first else self._talkers).park()
                first = True  # if the room is held again: keep the place at the front
        finally:
            self._wake_one()  # each wakes the next: woken all at once, most would go back to sleep

    @asynccontextmanager
    async def turn(self, lock: trio.Lock) -> AsyncIterator[None]:
        """Wait until nobody holds the talkers back and ``lock`` is free; hold it in the block."""
        again = False
        while True:
            await self.admitted(first=again)
            try:
                lock.acquire_nowait()  # no checkpoint: at each one, all write pumps would run
            except trio.WouldBlock:
                await lock.acquire()
            try:
                if not self._holders:  # still; else wait at the front
                    yield
                    return
            finally:
                lock.release()
            again = True

    @property
    def waiting(self) -> int:
        """How many talkers wait now."""
        return len(self._first) + len(self._talkers)

    def _wake_one(self) -> None:
        if not self._holders and not self._first.unpark():
            self._talkers.unpark()
