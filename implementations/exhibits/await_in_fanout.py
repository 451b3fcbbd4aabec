"""Await inside the fan-out loop.

Each message goes to one client after the other, and between two clients the task waits, as it
does wherever a send is awaited. At each wait another talker's task may begin its own loop and
overtake this one: then two clients get the same two messages in different orders.

Imitates: the first asyncio chat server that most people write: ``for client in clients: await
client.send(text)``.

Looks right: there is one thread, so nothing can happen at the same time. But at an ``await``
everything can happen in between.

Breaks: order.total

May break: membership.one-step, membership.churn, order.membership

Shown by: two who talk at once, and three who listen.

Instead: implementations/on_asyncio/hub_mutex.py queues for all clients without one ``await``.
"""

from __future__ import annotations

import asyncio

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.message import encode
from implementations.core.room import ClientId, ToAll
from implementations.on_asyncio.hub_mutex import MutexHub


BASE = "asyncio-mutex"


class Hub(MutexHub):
    """Hands a message out one client at a time."""

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks, and give everyone else a turn in the middle of it."""
        await self._pace.admitted()
        outboxes = list(self._fanout._outboxes.items())
        match self._fanout._room.submit(client_id, command):
            case [ToAll(line)]:
                for listener, outbox in outboxes:
                    if not outbox.offer(encode(line)):
                        self._fanout.leave(listener, Cause.TOO_SLOW)
                    await asyncio.sleep(0)
            case deliveries:
                self._fanout._hand_out(deliveries)


REPLACES = {"implementations.on_asyncio.MutexHub": Hub}
