"""Have the owner wait for a client, in threads.

One thread owns the client map and puts each message into the queue of each client. When one queue
is full, the owner waits until it has room again, and meanwhile the owner serves nobody: one client
that stops reading stops the whole room.

Imitates: a Go broadcaster (docs/provenance.md#text-3) with one channel per client: its owner sends
to all channels in one loop, and waits at the first client that does not read. A longer queue only
makes the same thing happen later.

Looks right: nothing is lost, nothing is shared, and there is no lock to forget.

Breaks: slow.isolation, slow.cut-off, slow.close-code, slow.bounded, slow.write-timeout,
slow.drop-oldest, slow.drop-newest

May break: membership.churn, order.membership, shutdown.refuses, shutdown.second-signal,
order.total, slow.last-word

Shown by: one client that stops reading while another client talks.

Instead: implementations/on_threads/hub_broadcaster.py, whose owner offers messages to outboxes and
never waits. When a client is behind, the talker waits, before the owner gets the talker's command.
"""

from __future__ import annotations

import socket
import threading

from implementations.core.fanout import Fanout
from implementations.core.message import Door, Message
from implementations.core.settings import Settings
from implementations.on_threads.hub_broadcaster import BroadcasterHub
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay


BASE = "threads-broadcaster"
PLACES = 16  # messages in a client's queue


class Bounded(Outbox):
    """An outbox with an event that tells when it has room."""

    def __init__(self, door: Door, settings: Settings, pace: Pace, relay: Relay) -> None:
        super().__init__(door, settings, pace, relay)
        self.has_room = threading.Event()
        self.has_room.set()

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``, and note when the queue is full."""
        taken = super().offer(message, exempt)
        if len(self._backlog) >= PLACES:
            self.has_room.clear()
        return taken

    def take(self) -> bytes:
        """Return what is queued, and announce that there is room again."""
        batch = super().take()
        self.has_room.set()
        return batch


class Hub(BroadcasterHub):
    """An owner that waits for room in every queue before each command."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._queues: list[Bounded] = []

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Return a new client's outbox."""
        self._queues.append(Bounded(door, self._settings, self._pace, self._relay))
        return self._queues[-1]

    def run(self) -> None:
        """Own the room and carry out commands until `stop`."""
        fanout = Fanout(self._settings.max_clients)
        while not self._stopped:
            command = self._inbox.take()
            for queue in [queue for queue in self._queues if queue.cause is None]:
                queue.has_room.wait()
            command(fanout)
            self._inbox.carried_out(1)


REPLACES = {"implementations.on_threads.BroadcasterHub": Hub}
