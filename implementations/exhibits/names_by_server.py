"""Name clients by number.

The server gives each client a number as its name. Two servers behind one address then give one
name to two clients, and a name in the log does not lead to a connection.

Imitates: the opposite of a Go broadcaster (docs/provenance.md#text-3), which knows a client by its
address and nothing else.

Looks right: an address is private, and a number is unique.

Breaks: names.first

Shown by: a client that joins and looks at its name.

Instead: implementations/core/room.py: the first name is the peer's address, which can be found in
a packet dump or a firewall's log.
"""

from __future__ import annotations

from implementations.core.room import ClientId, Delivery, Room


BASE = "asyncio-mutex"


class Numbered(Room):
    """A room that names its members by number."""

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Let a newcomer in, with a number as its name."""
        return super().join(client_id, f"user{client_id}")


REPLACES = {"implementations.core.counted_room.Room": Numbered}
