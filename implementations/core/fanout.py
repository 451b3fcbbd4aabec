"""The room joined to its members' outboxes: one step in, all its deliveries out.

Everything a hub does, but for the question that this project is about: who may
call it when. A hub that guards it with a lock is a ``MutexHub``; one that keeps
it as the local variable of a single thread or task is a ``BroadcasterHub``. The
``DirectHub`` has group_commit.py in its place.

Invariants:
  1. No method waits. An outbox is offered to, and says no when it is full.
  2. Every method leaves nothing undelivered: a member that overflows during a
     step has left, and its departure is announced, when the step ends.

It is not safe for threads, and under asyncio and trio it is safe exactly because
of invariant 1: nothing else can run while a step is half done.
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
    """What the fan-out needs of a runtime's outbox. Neither method may wait."""

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``, an ``exempt`` one always; False when the client must be cut off."""

    def close(self, cause: Cause) -> None:
        """Take nothing more; once empty, say goodbye as ``cause`` has it."""


class Fanout:
    """A room and its members' outboxes.

    Args:
        max_clients: members the room takes.
    """

    def __init__(self, max_clients: int) -> None:
        self._room = CountedRoom(max_clients)
        self._outboxes: dict[ClientId, Outbox] = {}

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in: announce it, and put its welcome first into ``outbox``.

        Raises:
            RoomFull: there is no place.
            HubClosed: ``close`` was called.
        """
        deliveries = self._room.join(client_id, address)
        self._outboxes[client_id] = outbox
        self._hand_out(deliveries)

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay and name the cause to the others. Idempotent."""
        self._hand_out(self._room.leave(client_id, cause))

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks; nothing for one that has left."""
        self._hand_out(self._room.submit(client_id, command))

    def stats(self) -> Stats:
        """Return the counts."""
        return self._room.stats()

    def close(self) -> None:
        """Announce the shutdown, close every outbox, take no newcomers. Idempotent."""
        self._hand_out(self._room.close())

    def _hand_out(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:  # grows while it is walked: who overflows leaves
            match delivery:
                case ToAll(line):
                    self._offer_all(encode(line), delivery, deliveries)
                case ToOne(client_id, lines):
                    if not self._outboxes[client_id].offer(encode(*lines)):
                        self._evict(client_id, deliveries)
                case Goodbye(client_id, cause):  # pragma: no branch: the kinds are all named
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
        if departure:  # else the room has closed, and its goodbye is on the way
            # Closed at once: behind what it refused nothing more may come, or it had a gap.
            self._outboxes.pop(client_id).close(Cause.TOO_SLOW)
            deliveries += [more for more in departure if not isinstance(more, Goodbye)]
