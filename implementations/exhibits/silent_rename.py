"""Tell a new name to nobody.

A client that takes a new name is told that it has it. The others learn of it when it speaks, if
they can guess who that is.

Imitates: the chat room with an online map (S4-15), which answers ``rename ok`` and tells nobody.

Looks right: who asks gets an answer.

Breaks: names.rename

May break: names.taken, names.freed, order.total, delivery.exactly-once

Shown by: anyone who takes a new name.

Instead: implementations/core/room.py: what changes for all is told to all.
"""

from __future__ import annotations

from implementations.core.commands import Command, Rename
from implementations.core.room import ClientId, Delivery, Room, ToAll, ToOne


BASE = "asyncio-mutex"


class Discreet(Room):
    """A room in which only who takes a name hears of it."""

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks."""
        match super().submit(client_id, command):
            case [ToAll(line)] if isinstance(command, Rename):
                return [ToOne(client_id, (line,))]
            case deliveries:
                return deliveries


REPLACES = {"implementations.core.counted_room.Room": Discreet}
