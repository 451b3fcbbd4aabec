"""The outbox of the direct hub in the trio runtime: what a socket did not take at once.

Mirrors on_threads/outbox_direct.py and on_asyncio/outbox_direct.py.

When a socket refuses bytes, they *spill* into the backlog. The outbox is *spilt* until the
write pump has written everything that waits.

Invariants:
  1. While the outbox is spilt, everything goes into the backlog, and only the write pump
     writes to the socket. While it is not spilt, the backlog is empty, the write pump waits,
     and only `push`, `push_many` and `offer` write. So the order of messages holds.
  2. It starts in this state, because nothing may go out before the answer to the handshake.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence

from implementations.core.group import Group, Item
from implementations.core.message import TCP, WS, Door, Message
from implementations.core.settings import Settings
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.pace import Pace
from implementations.uring import Ring


__all__ = ["DirectOutbox", "push_many"]


class DirectOutbox(Outbox):
    """An outbox whose queue is bypassed while its socket takes everything.

    Attributes:
        left_out: how many messages of a group that `push` refused it did not take: the last ones.
    """

    def __init__(self, sock: socket.socket, door: Door, settings: Settings, pace: Pace) -> None:
        super().__init__(door, settings, pace)
        self._sock = sock
        self._send = sock.send
        self._spilt = True
        self.left_out = 0

    def push(self, group: Group) -> bool:
        """Write ``group`` to the socket, and queue what the socket does not take. Never waits.

        For the hub's owner. Returns what `offer` returns.
        """
        if self.cause is not None:
            return True
        if self._spilt:
            return self._spill(group.items, 0)
        data = group.joined[self._door]
        try:
            sent = self._send(data)
        except OSError:  # full for now, or broken: the write pump will find out
            sent = 0
        return sent == len(data) or self._spill(group.items, sent)

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Write ``message`` to the socket, and queue what it does not take. See `Outbox.offer`."""
        return self.push(Group([Item(message, exempt)]))

    async def take(self) -> bytes:
        """See `Outbox.take`. A write pump that asks for more has written everything before that."""
        if not self._backlog.size_bytes and self.cause is None:
            self._spilt = False
        return await super().take()

    def _spill(self, items: Sequence[Item], sent: int) -> bool:
        """Queue ``items``, without their first ``sent`` bytes."""
        self._spilt = True
        self.left_out = 0
        for index, (message, exempt) in enumerate(items):
            data = message[self._door]
            if sent >= len(data):
                sent -= len(data)
            elif sent:
                self._backlog.begin(data[sent:])
                sent = 0
            elif not self._backlog.offer(data, exempt):
                self.left_out = len(items) - index
                break
        self._noted()
        return not self.left_out


def push_many(ring: Ring, outboxes: Sequence[DirectOutbox], group: Group) -> list[int]:
    """Do what `DirectOutbox.push` does for many clients, with one system call per door.

    For the hub's owner.

    Returns:
        The indices of the outboxes whose clients must be cut off.
    """
    refused: list[int] = []
    due: tuple[list[int], list[int]] = ([], [])
    for index, outbox in enumerate(outboxes):
        if not outbox._spilt and outbox.cause is None:
            due[outbox._door].append(index)
        elif not outbox.push(group):
            refused.append(index)
    for door in (TCP, WS):
        if not due[door]:
            continue
        data = group.joined[door]
        # The descriptor of a socket that is closed is -1. Its old one may be another client's now.
        sent = ring.send([outboxes[index]._sock.fileno() for index in due[door]], data)
        if sent.count(len(data)) == len(sent):
            continue
        for index, took in zip(due[door], sent, strict=True):
            if took != len(data) and not outboxes[index]._spill(group.items, max(took, 0)):
                refused.append(index)
    return refused
