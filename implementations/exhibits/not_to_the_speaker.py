"""Send a message to everyone except its author.

The author knows what it said, so the server leaves it out. The author is then the only client that
cannot see where its message stands among the others, or whether anyone got it at all.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1): the text says "all other
clients", and the code sends to all clients.

Looks right: nobody wants to read again what they have just typed.

Breaks: commands.text, delivery.exactly-once

May break: *

Shown by: any client that talks.

Instead: implementations/core/room.py sends a message to all members, the author included.
"""

from __future__ import annotations

from dataclasses import replace

from implementations.core.commands import Command, Say
from implementations.core.room import ClientId, Delivery, Room, ToAll


BASE = "asyncio-mutex"


class Discreet(Room):
    """A room that sends a message to all members except its author."""

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks; leave the author out."""
        deliveries = super().submit(client_id, command)
        if isinstance(command, Say):
            return [
                replace(delivery, but=client_id) if isinstance(delivery, ToAll) else delivery
                for delivery in deliveries
            ]
        return deliveries


REPLACES = {"implementations.core.counted_room.Room": Discreet}
