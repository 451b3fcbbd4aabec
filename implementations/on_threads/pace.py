"""The flood rule: talkers are held back while somebody who reads is far behind.

Mirrors on_asyncio/pace.py and on_trio/pace.py.

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
  4. Its own lock is the innermost: no other is taken while it is held.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


__all__ = ["Pace"]


class Pace:
    """Who holds the talkers back, and the talkers that wait."""

    def __init__(self) -> None:
        self._holders: set[object] = set()
        self._lock = threading.Lock()  # guards all of these
        self._talkers = threading.Condition(self._lock)
        self._first = threading.Condition(self._lock)  # for those that were admitted in vain
        self._in_vain = 0  # how many of those wait

    def hold(self, holder: object) -> None:
        """Hold the talkers back on behalf of ``holder``. Idempotent, never waits."""
        with self._lock:
            self._holders.add(holder)

    def release(self, holder: object) -> None:
        """Take ``holder``'s hold away. Idempotent, never waits."""
        with self._lock:
            self._holders.discard(holder)
            self._wake_one()

    def admitted(self, *, first: bool = False) -> None:
        """Wait until nobody holds. Returns at once when nobody does.

        Args:
            first: wait ahead of all others; for who was admitted before, in vain.
        """
        with self._lock:
            while self._holders:
                if first:
                    self._in_vain += 1
                    self._first.wait()
                    self._in_vain -= 1
                else:
                    self._talkers.wait()
                first = True  # where the talker before us filled an outbox
            self._wake_one()  # one wakes the next: all at once would mostly go back to sleep

    @contextmanager
    def turn(self, lock: threading.Lock) -> Iterator[None]:
        """Wait for a moment when nobody holds and ``lock`` is ours; it is, inside."""
        in_vain = False
        while True:
            self.admitted(first=in_vain)
            with lock:
                if not self._holders:  # else one did while we waited for the lock
                    yield
                    return
            in_vain = True

    def _wake_one(self) -> None:
        if not self._holders:
            (self._first if self._in_vain else self._talkers).notify()
