"""Await inside the fan-out loop, in asyncio.

The hub hands each message to one client after the other, and waits between two clients, as it does
wherever it awaits a send. At each ``await`` another talker's task can start its own loop and
overtake this one. Then two clients get the same two messages in different orders.

Imitates: the first asyncio chat server that most people write: ``for client in clients: await
client.send(text)``.

Looks right: there is only one thread, so nothing can happen at the same time. But at each
``await`` any other task can run.

Breaks: order.total

May break: membership.one-step, membership.churn, order.membership, delivery.exactly-once

Shown by: two clients that talk at the same time, and three clients that listen.

Instead: implementations/on_asyncio/hub_mutex.py puts the message into every outbox without one
``await`` in between.
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
    """A hub that lets other tasks run between two clients."""

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks, and let other tasks run in the middle of it."""
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
