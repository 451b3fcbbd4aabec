"""A room that counts what happens in it, and lets nobody in after it has closed.

`fanout.Fanout` and `group_commit.GroupCommit` each have one. Both take the same steps. They
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
    """The counts that ``/healthz`` shows.

    Attributes:
        clients: members in the room now. The other three counts begin with the server.
        messages: texts that members said.
        deliveries: how often an outbox took a line that was for everyone.
        evictions: members that were cut off because they read too slowly.
    """

    clients: int
    messages: int
    deliveries: int
    evictions: int


class CountedRoom:
    """A `Room` with counts, which can be closed.

    Args:
        max_clients: the most members that the room takes.

    Attributes:
        deliveries: see `Stats`. The caller counts them, because it has the outboxes and knows
            which of them took a line.
    """

    def __init__(self, max_clients: int) -> None:
        self.deliveries = 0
        self._room = Room(max_clients)
        self._closed = False
        self._messages = 0
        self._evictions = 0

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Let a newcomer in, with its address as its first name.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: the room has closed.
        """
        if self._closed:
            raise HubClosed
        return self._room.join(client_id, address)

    def leave(self, client_id: ClientId, cause: Cause) -> list[Delivery]:
        """End a member's stay. Idempotent: a second call does and counts nothing."""
        deliveries = self._room.leave(client_id, cause)
        if deliveries and cause is Cause.TOO_SLOW:
            self._evictions += 1
        return deliveries

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks. For a client that has left, do and count nothing."""
        deliveries = self._room.submit(client_id, command)
        if deliveries and isinstance(command, Say):
            self._messages += 1
        return deliveries

    def stats(self) -> Stats:
        """Return the counts."""
        return Stats(len(self._room), self._messages, self.deliveries, self._evictions)

    def close(self) -> list[Delivery]:
        """Announce the shutdown and say goodbye to every member. Idempotent."""
        if self._closed:
            return []
        self._closed = True
        return self._room.close()
