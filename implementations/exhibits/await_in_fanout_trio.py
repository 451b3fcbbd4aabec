"""Await inside the fan-out loop, in trio.

Each message goes to one client after the other, with a checkpoint between two of them. At each
another talker's task may run, and trio shuffles on purpose which: two messages overtake each
other on their way to the same clients.

Imitates: ``for stream in streams: await stream.send_all(line)``.

Looks right: a checkpoint is only a place where cancellation may come. It is also a place where
everyone else may come.

Breaks: order.total

May break: order.membership, membership.one-step, membership.churn, delivery.exactly-once,
flood.everyone

Shown by: two who talk at once, and three who listen.

Instead: implementations/on_trio/hub_mutex.py queues for all clients without one ``await``.
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
                    await trio.lowlevel.checkpoint()
            case deliveries:
                self._fanout._hand_out(deliveries)


REPLACES = {"implementations.on_trio.MutexHub": Hub}
