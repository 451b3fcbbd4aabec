"""Number the clients.

A client is called by a number that the server gives out, so two servers behind one address have
two clients of a name, and a log line leads to no connection.

Imitates: identity as whatever was at hand (S2-12), here the other way round.

Looks right: an address is nobody's business, and a number is unique.

Breaks: names.first

Shown by: anyone who comes in and looks at its name.

Instead: implementations/core/room.py: the first name is the peer's address, which can be looked up
in a packet dump or a firewall's log.
"""

from __future__ import annotations

from implementations.core.room import ClientId, Delivery, Room


BASE = "asyncio-mutex"


class Numbered(Room):
    """A room that calls its members by number."""

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Let a newcomer in."""
        return super().join(client_id, f"user{client_id}")


REPLACES = {"implementations.core.counted_room.Room": Numbered}
