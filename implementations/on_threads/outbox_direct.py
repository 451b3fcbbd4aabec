"""The outbox of the direct hub in the threads runtime: what the socket did not take at once.

Mirrors on_asyncio/outbox_direct.py and on_trio/outbox_direct.py.

Invariants:
  1. While it is spilt, everything goes into the backlog, and the write pump alone
     writes to the socket. While it is not, the backlog is empty, the write pump
     waits, and `push` and `offer` alone write, one at a time. So the order holds.
  2. It begins spilt: nothing may go out before the answer to the handshake has.
  3. All outboxes of a hub share one lock, so that writing to all of them takes it once
     and not once a client. It is held for no wait.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager

from implementations.core.group import Group, Item
from implementations.core.message import Door, Message
from implementations.core.settings import Settings
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay


__all__ = ["DirectOutbox"]


class DirectOutbox(Outbox):
    """An outbox that is by-passed while its socket takes everything."""

    def __init__(
        self,
        sock: socket.socket,
        door: Door,
        settings: Settings,
        pace: Pace,
        relay: Relay,
        hub_lock: AbstractContextManager[bool],
    ) -> None:
        super().__init__(door, settings, pace, relay)
        self._lock = hub_lock
        self._send = sock.send
        self._spilt = True

    def push(self, group: Group) -> bool:
        """Write ``group`` to the socket, or queue what it does not take. Never waits.

        For who holds the hub's lock: its owner, once for a whole commit. Returns as `offer`.
        """
        if self.cause is not None:
            return True
        if self._spilt:
            return self._spill(group.items, 0)
        data = group.joined[self._door]
        try:
            sent = self._send(data)
        except OSError:  # it takes nothing now, or never will: the write pump finds out
            sent = 0
        return sent == len(data) or self._spill(group.items, sent)

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Write ``message``, or queue what the socket does not take; else as an `Outbox` does."""
        with self._lock:
            return self.push(Group([Item(message, exempt)]))

    def take(self) -> bytes:
        """As an `Outbox` does. Who asks for more has written all that it took before."""
        with self._lock:
            if not self._backlog.size_bytes and self.cause is None:
                self._spilt = False
        return super().take()

    def _spill(self, items: Sequence[Item], sent: int) -> bool:
        """Queue all of ``items`` but the first ``sent`` bytes."""
        self._spilt = True
        taken = True
        for message, exempt in items:
            data = message[self._door]
            if sent >= len(data):
                sent -= len(data)
            elif sent:
                self._backlog.begin(data[sent:])
                sent = 0
            elif not self._backlog.offer(data, exempt):
                taken = False
                break
        self._noted()
        return taken
