"""Have the owner wait for a client, in trio.

One task owns the client map and puts each message into the queue of each client. When one queue is
full, the owner waits until it has room again, and meanwhile the owner serves nobody: one client
that stops reading stops the whole room.

Imitates: a Go broadcaster (docs/provenance.md#text-3) with one channel per client: its owner sends
to all channels in one loop, and waits at the first client that does not read. A longer queue only
makes the same thing happen later.

Looks right: nothing is lost, nothing is shared, and there is no lock to forget.

Breaks: slow.isolation, slow.cut-off, slow.close-code, slow.bounded, slow.write-timeout,
slow.drop-oldest, slow.drop-newest

May break: membership.churn, order.total, order.membership, flood.everyone, shutdown.refuses,
shutdown.second-signal, delivery.exactly-once, slow.last-word

Shown by: one client that stops reading while another client talks.

Instead: implementations/on_trio/hub_broadcaster.py, whose owner offers messages to outboxes and
never waits. When a client is behind, the talker waits, before the owner gets the talker's command.
"""

from __future__ import annotations

import socket

import trio

from implementations.core.fanout import Fanout
from implementations.core.message import Door, Message
from implementations.core.settings import Settings
from implementations.on_trio.hub_broadcaster import BroadcasterHub
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.pace import Pace


BASE = "trio-broadcaster"
PLACES = 16  # messages in a client's queue


class Bounded(Outbox):
    """An outbox with an event that tells when it has room."""

    def __init__(self, door: Door, settings: Settings, pace: Pace) -> None:
        super().__init__(door, settings, pace)
        self.has_room = trio.Event()
        self.has_room.set()

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``, and note when the queue is full."""
        taken = super().offer(message, exempt)
        if len(self._backlog) >= PLACES and self.has_room.is_set():
            self.has_room = trio.Event()
        return taken

    async def take(self) -> bytes:
        """Return what is queued, and announce that there is room again."""
        batch = await super().take()
        self.has_room.set()
        return batch


class Hub(BroadcasterHub):
    """An owner that waits for room in every queue before each command."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._queues: list[Bounded] = []

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Return a new client's outbox."""
        self._queues.append(Bounded(door, self._settings, self._pace))
        return self._queues[-1]

    async def run(self) -> None:
        """Own the room and carry out commands until `stop`."""
        fanout = Fanout(self._settings.max_clients)
        while not self._stopped:
            command = await self._take()
            for queue in [queue for queue in self._queues if queue.cause is None]:
                await queue.has_room.wait()
            command(fanout)
            self._inbox.carried_out(1)


REPLACES = {"implementations.on_trio.BroadcasterHub": Hub}
