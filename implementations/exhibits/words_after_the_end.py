"""Announce a departure before the last message of the client that left.

A message passes through a queue, but the news that its author has left takes a shorter way. So the
other clients hear that a client has left, and then hear it speak.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), where two goroutines send
to one channel, and a client gets their lines in an order that the code does not show.

Looks right: a departure is urgent, and a message can wait for its turn.

Breaks: order.membership

May break: membership.half-close, delivery.exactly-once, order.total, membership.left-once,
commands.quit, framing.last-line, order.speaker, membership.churn, shutdown.delivers,
commands.text, membership.no-ghost

Shown by: a client that says something and leaves at once.

Instead: implementations/core/room.py: messages and departures are steps in one order.
"""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.core.commands import Command, Say
from implementations.core.fanout import Fanout
from implementations.core.room import ClientId, Delivery, Room, ToAll
from implementations.core.settings import Settings
from implementations.on_asyncio.hub_broadcaster import BroadcasterHub


BASE = "asyncio-broadcaster"


class Hub(BroadcasterHub):
    """A hub in which a departure does not pass through the queue."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._fanout = Fanout(settings.max_clients)

    async def run(self) -> None:
        """Carry out commands until `stop`; `leave` changes the room, too."""
        while not self._stopped:
            command = await self._inbox.take()
            command(self._fanout)
            self._inbox.carried_out(1)

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay at once, ahead of what is queued."""
        self._fanout.leave(client_id, cause)


class Haunted(Room):
    """A room that still broadcasts a message after its author has left."""

    def __init__(self, max_clients: int) -> None:
        super().__init__(max_clients)
        self._left: dict[ClientId, str] = {}

    def leave(self, client_id: ClientId, cause: Cause) -> list[Delivery]:
        """End a stay, and remember the name."""
        self._left[client_id] = self._names.get(client_id, self._left.get(client_id, ""))
        return super().leave(client_id, cause)

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks; broadcast a late message of a client that has left."""
        if client_id in self._left and isinstance(command, Say):
            return [ToAll(f"{self._left[client_id]}: {command.text}")]
        return super().submit(client_id, command)


REPLACES = {
    "implementations.on_asyncio.BroadcasterHub": Hub,
    "implementations.core.counted_room.Room": Haunted,
}
