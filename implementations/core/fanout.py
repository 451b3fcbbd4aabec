"""The fan-out: the room takes a step, and every delivery of the step goes into an outbox.

A hub adds only one thing: it decides which task or thread may call this, and when. A
``MutexHub`` guards it with a lock. A ``BroadcasterHub`` keeps it as the local
variable of one thread or task. The ``DirectHub`` has a `group_commit.GroupCommit` instead.

Invariants:
  1. No method waits. An outbox that is full refuses a message at once.
  2. When a method returns, every delivery is in an outbox. A member whose outbox overflowed during
     the step has left by then, and the others have been told.

It is not thread-safe. Under asyncio and trio it is safe because of invariant 1: no
other task can run while a step is half done.
"""

from __future__ import annotations

from typing import Protocol

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.counted_room import CountedRoom, Stats
from implementations.core.message import Message, encode
from implementations.core.room import ClientId, Delivery, Goodbye, ToAll, ToOne


__all__ = ["Fanout"]


class Outbox(Protocol):
    """What the fan-out needs of a runtime's outbox. Neither method waits."""

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``; an ``exempt`` message always fits.

        Returns:
            False when the client must be cut off.
        """

    def close(self, cause: Cause) -> None:
        """Take no more messages; when those that wait are sent, say goodbye with ``cause``."""


class Fanout:
    """A room and the outboxes of its members.

    Args:
        max_clients: the most members that the room takes.
    """

    def __init__(self, max_clients: int) -> None:
        self._room = CountedRoom(max_clients)
        self._outboxes: dict[ClientId, Outbox] = {}

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in and announce it. Its welcome is the first thing in ``outbox``.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: ``close`` was called.
        """
        deliveries = self._room.join(client_id, address)
        self._outboxes[client_id] = outbox
        self._hand_out(deliveries)

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a member's stay and tell the others the cause. Idempotent."""
        self._hand_out(self._room.leave(client_id, cause))

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks. Do nothing for a client that has left."""
        self._hand_out(self._room.submit(client_id, command))

    def stats(self) -> Stats:
        """Return the counts."""
        return self._room.stats()

    def close(self) -> None:
        """Announce the shutdown, close every outbox, and let nobody in after that. Idempotent."""
        self._hand_out(self._room.close())

    def _hand_out(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:  # the loop appends to the list: see `_evict`
            match delivery:
                case ToAll(line):
                    self._offer_all(encode(line), delivery, deliveries)
                case ToOne(client_id, lines):
                    if not self._outboxes[client_id].offer(encode(*lines)):
                        self._evict(client_id, deliveries)
                case Goodbye(client_id, cause):  # pragma: no branch: every kind is named
                    self._outboxes.pop(client_id).close(cause)

    def _offer_all(self, message: Message, to: ToAll, deliveries: list[Delivery]) -> None:
        but, exempt = to.but, to.exempt
        full = [
            client_id
            for client_id, outbox in self._outboxes.items()
            if client_id != but and not outbox.offer(message, exempt)
        ]
        self._room.deliveries += len(self._outboxes) - (but is not None) - len(full)
        for client_id in full:
            self._evict(client_id, deliveries)

    def _evict(self, client_id: ClientId, deliveries: list[Delivery]) -> None:
        departure = self._room.leave(client_id, Cause.TOO_SLOW)
        if departure:  # else the room has closed, and the member's goodbye is in the list
            # Close now: anything queued after the refused message would leave a gap.
            self._outboxes.pop(client_id).close(Cause.TOO_SLOW)
            deliveries += [more for more in departure if not isinstance(more, Goodbye)]
