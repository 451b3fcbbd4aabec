"""Tell everyone but who said it.

The speaker knows what it said, so it is left out. Then it alone does not know where its words
stand among the others', and cannot tell whether they were heard at all.

Imitates: the hub with a mutex, whose text says "all other clients" and whose code says all
(S0-10).

Looks right: nobody wants to read twice what they have typed.

Breaks: commands.text, delivery.exactly-once

May break: *

Shown by: anyone who talks.

Instead: implementations/core/room.py: what is said to all is said to all.
"""

from __future__ import annotations

from dataclasses import replace

from implementations.core.commands import Command, Say
from implementations.core.room import ClientId, Delivery, Room, ToAll


BASE = "asyncio-mutex"


class Discreet(Room):
    """A room that repeats nothing to who said it."""

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks."""
        deliveries = super().submit(client_id, command)
        if isinstance(command, Say):
            return [
                replace(delivery, but=client_id) if isinstance(delivery, ToAll) else delivery
                for delivery in deliveries
            ]
        return deliveries


REPLACES = {"implementations.core.counted_room.Room": Discreet}
