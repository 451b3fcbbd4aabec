"""A room that counts what happens in it, and lets nobody in once it has closed.

`fanout.Fanout` and `group_commit.GroupCommit` each have one. Both take the same steps; they
differ only in what they do with the deliveries that a step returns.
"""

from __future__ import annotations

from dataclasses import dataclass

from implementations.core.causes import Cause
from implementations.core.commands import Command, Say
from implementations.core.errors import HubClosed
from implementations.core.room import ClientId, Delivery, Room


__all__ = ["CountedRoom", "Stats"]


@dataclass(frozen=True, slots=True)
class Stats:
    """What `/healthz` reports.

    Attributes:
        clients: members in the room now. The other three count since the start.
        messages: texts that members said.
        deliveries: how many times a line for everyone reached a member.
        evictions: members that were cut off because they read too slowly.
    """

    clients: int
    messages: int
    deliveries: int
    evictions: int


class CountedRoom:
    """A `Room` with counts, and with an end.

    Args:
        max_clients: members the room takes.

    Attributes:
        deliveries: see `Stats`. The owner of the outboxes counts them: only the owner knows
            which outbox took a line.
    """

    def __init__(self, max_clients: int) -> None:
        self.deliveries = 0
        self._room = Room(max_clients)
        self._closed = False
        self._messages = 0
        self._evictions = 0

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Let a newcomer in under its address.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: ``close`` was called.
        """
        if self._closed:
            raise HubClosed
        return self._room.join(client_id, address)

    def leave(self, client_id: ClientId, cause: Cause) -> list[Delivery]:
        """End a stay. Idempotent: a second call causes and counts nothing."""
        deliveries = self._room.leave(client_id, cause)
        if deliveries and cause is Cause.TOO_SLOW:
            self._evictions += 1
        return deliveries

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks. A client that has left causes and counts nothing."""
        deliveries = self._room.submit(client_id, command)
        if deliveries and isinstance(command, Say):
            self._messages += 1
        return deliveries

    def stats(self) -> Stats:
        """Return the counts."""
        return Stats(len(self._room), self._messages, self.deliveries, self._evictions)

    def close(self) -> list[Delivery]:
        """Announce the shutdown and say goodbye to everyone. Idempotent."""
        if self._closed:
            return []
        self._closed = True
        return self._room.close()
