"""Count arrivals instead of members.

The server compares the limit with a counter. The counter goes up when a client joins, and nothing
takes it down when a client leaves. So the room is full when nobody is in it.

Imitates: a Go broadcaster (docs/provenance.md#text-3) and a Go chat room with an online map
(docs/provenance.md#text-5), where what belongs to departed clients is never freed.

Looks right: it lets in as many clients as there are places.

Breaks: limits.freed

Shown by: a room that was full once.

Instead: implementations/core/room.py counts the members themselves.
"""

from __future__ import annotations

from implementations.core.errors import RoomFull
from implementations.core.room import ClientId, Delivery, Room


BASE = "asyncio-mutex"


class Counted(Room):
    """A room that counts arrivals."""

    def __init__(self, max_clients: int) -> None:
        super().__init__(max_clients)
        self._arrivals = 0

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Let a newcomer in while the counter is below the limit."""
        if self._arrivals >= self._max_clients:
            raise RoomFull
        self._arrivals += 1
        return super().join(client_id, address)


REPLACES = {"implementations.core.counted_room.Room": Counted}
