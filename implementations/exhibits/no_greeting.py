"""Let clients in without a word.

The server greets no newcomer and announces none. A newcomer does not know when it is in the room,
what its name is or which other clients are there. The others do not know that somebody new is
listening.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which announces nothing; and
a Go broadcaster (docs/provenance.md#text-3), which does not tell a newcomer which clients are
there.

Looks right: a chat is about what people say.

Breaks: membership.welcome, membership.joined

May break: *

Shown by: any client that joins.

Instead: implementations/core/room.py: joining is one step in the room's order, and that step
returns the welcome and the announcement.
"""

from __future__ import annotations

from implementations.core.room import ClientId, Delivery, Room


BASE = "asyncio-mutex"


class Silent(Room):
    """A room in which nobody is announced."""

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Let a newcomer in, and tell nobody."""
        super().join(client_id, address)
        return []


REPLACES = {"implementations.core.counted_room.Room": Silent}
