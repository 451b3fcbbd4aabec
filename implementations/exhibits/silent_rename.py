"""Tell nobody about a new name.

The server confirms a new name to the client that takes it, and tells nobody else. The others first
see the name when the client speaks, and must guess which client that is.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), which confirms a rename
and announces it to nobody.

Looks right: the client that asks gets an answer.

Breaks: names.rename

May break: names.taken, names.freed, order.total, delivery.exactly-once

Shown by: any client that takes a new name.

Instead: implementations/core/room.py tells everyone about a change that concerns everyone.
"""

from __future__ import annotations

from implementations.core.commands import Command, Rename
from implementations.core.room import ClientId, Delivery, Room, ToAll, ToOne


BASE = "asyncio-mutex"


class Discreet(Room):
    """A room that announces a new name to its holder only."""

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks; keep a rename private."""
        match super().submit(client_id, command):
            case [ToAll(line)] if isinstance(command, Rename):
                return [ToOne(client_id, (line,))]
            case deliveries:
                return deliveries


REPLACES = {"implementations.core.counted_room.Room": Discreet}
