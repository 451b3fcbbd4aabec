"""Let clients in without a word.

Nobody is greeted and nobody announced. A newcomer does not know when it is in, what it is called
or who else is there; the others do not know that they are overheard.

Imitates: the hub with a mutex (S0-09), and the broadcaster without a roster (S2-07).

Looks right: a chat is about what people say.

Breaks: membership.welcome, membership.joined

May break: *

Shown by: anyone who comes in.

Instead: implementations/core/room.py: to join is a step in the room's order, like any other.
"""

from __future__ import annotations

from implementations.core.room import ClientId, Delivery, Room


BASE = "asyncio-mutex"


class Silent(Room):
    """A room in which nobody is announced."""

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Let a newcomer in."""
        super().join(client_id, address)
        return []


REPLACES = {"implementations.core.counted_room.Room": Silent}
