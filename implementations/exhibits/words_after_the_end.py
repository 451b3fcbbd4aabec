"""Announce a departure before what the leaver said last.

What a client says takes its way through a queue, and that it has left takes a shorter one. So the
others hear that it has left, and then hear it speak.

Imitates: the chat room with an online map (S4-08, S4-21): "time out leave out", and behind it a
message from who has left.

Looks right: a departure is urgent, and a message can wait its turn.

Breaks: order.membership

May break: membership.half-close, delivery.exactly-once, order.total, membership.left-once,
commands.quit, framing.last-line, order.speaker, membership.churn, shutdown.delivers,
commands.text, membership.no-ghost

Shown by: someone who says something and leaves at once.

Instead: implementations/core/room.py: words and departures are steps of one order.
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
    """A hub in which who leaves need not stand in the queue."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._fanout = Fanout(settings.max_clients)

    async def run(self) -> None:
        """Own the room until `stop`, nearly alone."""
        while not self._stopped:
            command = await self._inbox.take()
            command(self._fanout)
            self._inbox.carried_out(1)

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay at once."""
        self._fanout.leave(client_id, cause)


class Haunted(Room):
    """A room in which who has left still has its say: it was said before, after all."""

    def __init__(self, max_clients: int) -> None:
        super().__init__(max_clients)
        self._left: dict[ClientId, str] = {}

    def leave(self, client_id: ClientId, cause: Cause) -> list[Delivery]:
        """End a stay."""
        self._left[client_id] = self._names.get(client_id, self._left.get(client_id, ""))
        return super().leave(client_id, cause)

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks, or said before it left."""
        if client_id in self._left and isinstance(command, Say):
            return [ToAll(f"{self._left[client_id]}: {command.text}")]
        return super().submit(client_id, command)


REPLACES = {
    "implementations.on_asyncio.BroadcasterHub": Hub,
    "implementations.core.counted_room.Room": Haunted,
}
