"""Have the owner wait for a client that waits for the owner.

The owner puts each message into a client's queue, and waits where that is full. The client's
write pump empties it, but first asks the owner whether the client is still in the room. When
the queue fills up in the meantime, each waits for the other, and with the owner all the room.

Imitates: the handler that announces its client's end through the very loop that is stuck in
sending to it (S4-06, S4-07), and the departed who pile up behind such a loop (S2-02).

Looks right: a bounded queue here, a question and its answer there, each of them as it should be.
Together they are a circle.

Breaks: order.total, delivery.exactly-once

May break: *

Shown by: a few lines in a row.

Instead: implementations/on_asyncio/hub_broadcaster.py: all may wait for the owner, and the owner
for nobody.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from implementations.core.fanout import Fanout
from implementations.core.message import Door, Message
from implementations.core.settings import Settings
from implementations.on_asyncio.hub_broadcaster import BroadcasterHub
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.pace import Pace


BASE = "asyncio-broadcaster"
PLACES = 2  # in a client's queue


class Asking(Outbox):
    """An outbox that asks the owner before it gives out what it has."""

    def __init__(
        self, door: Door, settings: Settings, pace: Pace, ask: Callable[[], Awaitable[object]]
    ) -> None:
        super().__init__(door, settings, pace)
        self.has_room = asyncio.Event()
        self.has_room.set()
        self._ask = ask

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``."""
        taken = super().offer(message, exempt)
        if len(self._backlog) >= PLACES:
            self.has_room.clear()
        return taken

    async def take(self) -> bytes:
        """Give out what waits, to a client that is still in the room."""
        while not self._backlog.size_bytes and self.cause is None:
            self._wanted = asyncio.get_running_loop().create_future()
            await self._wanted
        if self.cause is None:
            await self._ask()
        batch = await super().take()
        self.has_room.set()
        return batch


class Hub(BroadcasterHub):
    """An owner that waits for room in every queue before it goes on."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._queues: list[Asking] = []

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client."""
        self._queues.append(Asking(door, self._settings, self._pace, self.stats))
        return self._queues[-1]

    async def run(self) -> None:
        """Own the room until `stop`."""
        fanout = Fanout(self._settings.max_clients)
        while not self._stopped:
            command = await self._inbox.take()
            for queue in [queue for queue in self._queues if queue.cause is None]:
                await queue.has_room.wait()
            command(fanout)
            self._inbox.carried_out(1)


REPLACES = {"implementations.on_asyncio.BroadcasterHub": Hub}
