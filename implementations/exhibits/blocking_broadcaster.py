"""Have the owner wait for a client.

One task owns the client map, and puts each message into each client's queue. A full queue makes
it wait, and while it waits nobody is served: one client that stops reading stops the room.

Imitates: the broadcaster with a channel a client (S2-01, S2-02): ``cli <- msg`` in the loop over
all clients. A longer queue only makes it later (MU-4).

Looks right: nothing is lost, nothing is shared, and there is no lock to forget.

Breaks: slow.isolation, slow.cut-off, slow.close-code, slow.bounded, slow.write-timeout,
slow.drop-oldest, slow.drop-newest

May break: membership.churn, order.membership, shutdown.refuses, shutdown.second-signal,
order.total

Shown by: one client that stops reading while another talks.

Instead: implementations/on_asyncio/hub_broadcaster.py, whose owner offers and never waits; who
waits is the talker, before the owner hears of it.
"""

from __future__ import annotations

import asyncio
import socket

from implementations.core.fanout import Fanout
from implementations.core.message import Door, Message
from implementations.core.settings import Settings
from implementations.on_asyncio.hub_broadcaster import BroadcasterHub
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.pace import Pace


BASE = "asyncio-broadcaster"
PLACES = 16  # in a client's queue


class Bounded(Outbox):
    """An outbox that can be waited for until it has room."""

    def __init__(self, door: Door, settings: Settings, pace: Pace) -> None:
        super().__init__(door, settings, pace)
        self.has_room = asyncio.Event()
        self.has_room.set()

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``."""
        taken = super().offer(message, exempt)
        if len(self._backlog) >= PLACES:
            self.has_room.clear()
        return taken

    async def take(self) -> bytes:
        """Give out what waits."""
        batch = await super().take()
        self.has_room.set()
        return batch


class Hub(BroadcasterHub):
    """An owner that waits for room in every queue before it goes on."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._queues: list[Bounded] = []

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client."""
        self._queues.append(Bounded(door, self._settings, self._pace))
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
