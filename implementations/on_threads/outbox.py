"""One client's outbox in the threads runtime: a `Backlog` that can be waited for.

Mirrors on_asyncio/outbox.py and on_trio/outbox.py. Here ``offer`` and ``take``
run in different threads at the same time, so a lock guards all that they share.

Invariants:
  1. Hubs offer and close; only the client's write pump takes.
  2. ``offer`` never waits. Who should wait is the talker, at the `Pace`.
  3. ``_lock`` guards everything below it, and is held for no longer than that takes.
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
    """What waits for one client, and the one thread that waits for it.

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
        self._holds = False  # it holds the talkers back
        self._stalled = False  # the socket takes nothing: nobody is held back for it
        self._wanted = False  # the write pump waits
        self._more = threading.Lock()  # what it waits for: whoever has something releases it
        self._more.acquire()

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue the door's encoding of ``message``. Callable by any thread; never waits.

        Returns:
            False when the client must be cut off; True too once it is closed,
            when there is nobody left to deliver to.
        """
        with self._lock:
            if self.cause is not None:
                return True
            if not self._backlog.offer(message[self._door], exempt):
                return False
            self._noted()
            return True

    def reply(self, data: bytes) -> bool:
        """Queue bytes that only this client gets, such as a pong; else as `offer`.

        For the read pump. Waits for its turn under the flood rule: pings are talk too.
        """
        self._pace.admitted()
        return self.offer(Message(data, data))

    def take(self) -> bytes:
        """Wait for messages and return them joined, oldest first; ``b""`` when closed and empty.

        For the write pump alone.
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
        """Hold nobody back until it has caught up: the socket takes nothing.

        Who is held back for it already stays so until that has been ``for_long``: a flood
        fills an outbox in no time, and its client may be about to read. Under ``block`` the
        talkers wait all the same.
        """
        with self._lock:
            if not self._blocks and (for_long or not self._holds):
                self._stalled = True
                self._release()

    def close(self, cause: Cause) -> None:
        """Take nothing more; `take` still gives out what is queued.

        Callable by any thread, idempotent: the first cause stays.
        """
        with self._lock:
            if self.cause is None:
                self.cause = cause
                self._release()
                self._wake()

    def _noted(self) -> None:
        """See to what follows from there being more in the backlog."""
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
