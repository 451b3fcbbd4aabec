"""The flood rule: talkers wait while a client that reads is far behind.

Mirrors on_asyncio/pace.py and on_trio/pace.py.

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
  4. Its own lock is the innermost: a thread that holds it takes no other lock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


__all__ = ["Pace"]


class Pace:
    """The holders, which keep the talkers back, and the talkers that wait."""

    def __init__(self) -> None:
        self._holders: set[object] = set()
        self._lock = threading.Lock()  # guards every attribute here
        self._talkers = threading.Condition(self._lock)
        self._first = threading.Condition(self._lock)  # for talkers that were admitted before
        self._in_front = 0  # how many talkers wait at _first
        self._behind = 0  # and how many at _talkers

    def hold(self, holder: object) -> None:
        """Hold the talkers back on behalf of ``holder``. Idempotent; never waits."""
        with self._lock:
            self._holders.add(holder)

    def release(self, holder: object) -> None:
        """End the hold of ``holder``. Idempotent; never waits."""
        with self._lock:
            self._holders.discard(holder)
            self._wake_one()

    def admitted(self, *, first: bool = False) -> None:
        """Wait until nobody holds the talkers back. If nobody does, return at once.

        Args:
            first: wait in front of all others: for a talker that was admitted before, but
                found the room held again.
        """
        with self._lock:
            while self._holders:
                if first:
                    self._in_front += 1
                    self._first.wait()
                    self._in_front -= 1
                else:
                    self._behind += 1
                    self._talkers.wait()
                    self._behind -= 1
                first = True  # if the room is held again: keep the place at the front
            self._wake_one()  # each wakes the next: woken all at once, most would go back to sleep

    @contextmanager
    def turn(self, lock: threading.Lock) -> Iterator[None]:
        """Wait until nobody holds the talkers back and ``lock`` is free; hold it in the block."""
        again = False
        while True:
            self.admitted(first=again)
            with lock:
                if not self._holders:  # still; else wait at the front
                    yield
                    return
            again = True

    @property
    def waiting(self) -> int:
        """How many talkers wait now."""
        with self._lock:
            return self._in_front + self._behind

    def _wake_one(self) -> None:
        if not self._holders:
            (self._first if self._in_front else self._talkers).notify()
