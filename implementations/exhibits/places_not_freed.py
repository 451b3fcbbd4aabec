"""Count who comes, not who is there.

The limit is held against a counter that goes up when someone joins. Nobody takes it down when
someone leaves by another way than the one that was thought of, so the room fills with nobody.

Imitates: the departed who pile up (S2-02, S4-05).

Looks right: as many are let in as there are places.

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
        """Let a newcomer in while there are places."""
        if self._arrivals >= self._max_clients:
            raise RoomFull
        self._arrivals += 1
        return super().join(client_id, address)


REPLACES = {"implementations.core.counted_room.Room": Counted}
