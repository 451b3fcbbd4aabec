"""Have the owner wait for a client that waits for the owner.

The owner puts each message into the queue of each client, and waits while a queue is full. A
client's write pump empties the queue, but first asks the owner whether the client is still in the
room. When the queue fills up before the owner answers, each waits for the other: a deadlock, which
stops the whole room.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), where a handler announces
its client's departure through the loop that is stuck in a send to that client; and a Go
broadcaster (docs/provenance.md#text-3), where the handlers of departed clients pile up behind such
a loop.

Looks right: a bounded queue is good, and so is a question with an answer. Together they make a
circle of waiting.

Breaks: order.total, delivery.exactly-once

May break: *

Shown by: a few lines in a row.

Instead: implementations/on_asyncio/hub_broadcaster.py: everyone may wait for the owner, and the
owner waits for nobody.
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
PLACES = 2  # messages in a client's queue


class Asking(Outbox):
    """An outbox that asks the owner before it returns what is queued."""

    def __init__(
        self, door: Door, settings: Settings, pace: Pace, ask: Callable[[], Awaitable[object]]
    ) -> None:
        super().__init__(door, settings, pace)
        self.has_room = asyncio.Event()
        self.has_room.set()
        self._ask = ask

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``, and note when the queue is full."""
        taken = super().offer(message, exempt)
        if len(self._backlog) >= PLACES:
            self.has_room.clear()
        return taken

    async def take(self) -> bytes:
        """Ask the owner whether the client is still in the room; return what is queued."""
        while not self._backlog.size_bytes and self.cause is None:
            self._wanted = asyncio.get_running_loop().create_future()
            await self._wanted
        if self.cause is None:
            await self._ask()
        batch = await super().take()
        self.has_room.set()
        return batch


class Hub(BroadcasterHub):
    """An owner that waits for room in every queue before each command."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._queues: list[Asking] = []

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Return a new client's outbox."""
        self._queues.append(Asking(door, self._settings, self._pace, self.stats))
        return self._queues[-1]

    async def run(self) -> None:
        """Own the room and carry out commands until `stop`."""
        fanout = Fanout(self._settings.max_clients)
        while not self._stopped:
            command = await self._inbox.take()
            for queue in [queue for queue in self._queues if queue.cause is None]:
                await queue.has_room.wait()
            command(fanout)
            self._inbox.carried_out(1)


REPLACES = {"implementations.on_asyncio.BroadcasterHub": Hub}
