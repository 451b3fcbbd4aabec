"""Await inside the fan-out loop, in trio.

The hub hands each message to one client after the other, with a checkpoint between two clients. At
each checkpoint another talker's task can run, and trio picks the next task at random on purpose.
Two messages then overtake each other on their way to the same clients.

Imitates: ``for stream in streams: await stream.send_all(line)``.

Looks right: a checkpoint looks like a place where nothing but cancellation can happen. But at each
checkpoint any other task can run.

Breaks: order.total

May break: order.membership, membership.one-step, membership.churn, delivery.exactly-once,
flood.everyone

Shown by: two clients that talk at the same time, and three clients that listen.

Instead: implementations/on_trio/hub_mutex.py puts the message into every outbox without one
``await`` in between.
"""

from __future__ import annotations

import trio

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.message import encode
from implementations.core.room import ClientId, ToAll
from implementations.on_trio.hub_mutex import MutexHub


BASE = "trio-mutex"


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
                    await trio.lowlevel.checkpoint()
            case deliveries:
                self._fanout._hand_out(deliveries)


REPLACES = {"implementations.on_trio.MutexHub": Hub}
