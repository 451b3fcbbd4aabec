"""One client's outbox in the threads runtime: a `Backlog` that its write pump waits for.

Mirrors on_asyncio/outbox.py and on_trio/outbox.py. Here ``offer`` and ``take`` run in
different threads at the same time, so a lock guards everything that they share.

Invariants:
  1. The hub and the client's read pump call ``offer``; the hub calls ``close``; only the
     write pump calls ``take``.
  2. ``offer`` never waits. The talkers wait instead, at the `Pace`.
  3. ``_lock`` guards every attribute that `__init__` sets after it. No thread waits for
     anything else while it holds this lock.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

from implementations.core.backlog import Backlog, SlowConsumer
from implementations.core.causes import Cause
from implementations.core.message import Door, Message
from implementations.core.settings import Settings
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay


__all__ = ["Outbox"]


class Outbox:
    """Messages that wait for one client, and the one thread that waits for them.

    Attributes:
        cause: why it was closed; None while it is open.
    """

    def __init__(self, door: Door, settings: Settings, pace: Pace, relay: Relay) -> None:
        self._door = door
        self._blocks = settings.slow_consumer is SlowConsumer.BLOCK
        self._pace = pace
        self._relay = relay
        self._lock: AbstractContextManager[bool] = threading.Lock()
        self.cause: Cause | None = None
        self._backlog = Backlog(settings.outbox, settings.slow_consumer)
        self._holds = False  # whether it holds the talkers back
        self._stalled = False  # whether the socket takes nothing: then it holds nobody back
        self._wanted = False  # whether the write pump waits
        self._more = threading.Lock()  # the write pump waits until the relay releases this
        self._more.acquire()

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message`` as its door encodes it. Callable from any thread; never waits.

        Args:
            exempt: queue it even if the outbox is full.

        Returns:
            False when the client must be cut off. True also when the outbox is closed, for
            then there is nobody left to deliver to.
        """
        with self._lock:
            if self.cause is not None:
                return True
            if not self._backlog.offer(message[self._door], exempt):
                return False
            self._noted()
            return True

    def reply(self, data: bytes) -> bool:
        """Queue bytes for this client alone, such as a pong. Returns what `offer` returns.

        For the read pump. Waits for its turn under the flood rule, because pings count as talk.
        """
        self._pace.admitted()
        return self.offer(Message(data, data))

    def take(self) -> bytes:
        """Wait for messages and return them joined, oldest first.

        For the write pump alone.

        Returns:
            ``b""`` when the outbox is closed and empty.
        """
        while True:
            with self._lock:
                if self._backlog.size_bytes:
                    batch = self._backlog.take()
                    if (self._holds or self._stalled) and self._backlog.caught_up:
                        self._stalled = False
                        self._release()
                    return batch
                if self.cause is not None:
                    return b""
                self._wanted = True
            self._more.acquire()
            self._relay.woken()

    def stall(self, for_long: bool) -> None:
        """Hold nobody back until the client has caught up: its socket takes nothing.

        If the outbox is holding the talkers back already, it stops only when ``for_long`` is
        true: a flood fills an outbox very fast, and the client may be about to read. Under
        ``block`` the talkers wait in any case.
        """
        with self._lock:
            if not self._blocks and (for_long or not self._holds):
                self._stalled = True
                self._release()

    def close(self, cause: Cause) -> None:
        """Take no more messages; `take` still gives out what is queued.

        Callable from any thread. Idempotent: the first cause stays.
        """
        with self._lock:
            if self.cause is None:
                self.cause = cause
                self._release()
                self._wake()

    @property
    def depth(self) -> int:
        """How full it is: see `Backlog.depth`. A glance: callable from any thread."""
        return self._backlog.depth

    @property
    def dropped(self) -> int:
        """How many messages a dropping policy gave up."""
        return self._backlog.dropped

    @property
    def held(self) -> int:
        """How many talkers wait at the `Pace`."""
        return self._pace.waiting

    def _noted(self) -> None:
        """Hold the talkers back if the backlog is long now, and wake the write pump."""
        if self._backlog.behind and not self._stalled and not self._holds:
            self._holds = True
            self._pace.hold(self)
        self._wake()

    def _release(self) -> None:
        self._holds = False
        self._pace.release(self)

    def _wake(self) -> None:
        if self._wanted:
            self._wanted = False
            self._relay.wake(self._more)
