"""Copy the client list under the lock, then send without it.

The lock guards the map, and the message goes out after it was let go, so that nobody waits for
a send. Between the two, another thread may do the same with the next message and be faster: the
clients do not agree on which came first.

Imitates: the repair that the chat room with an online map gets first (MU-1): "lock, snapshot,
send".

Looks right: the map is never walked while it changes, and nothing slow happens under the lock.

Breaks: order.total

May break: membership.one-step, order.membership, membership.churn,
delivery.exactly-once, flood.everyone

Shown by: several who talk at once.

Instead: implementations/on_threads/hub_mutex.py queues under the lock; sending is the write
pumps' business.
"""

from __future__ import annotations

import time

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.message import encode
from implementations.core.room import ClientId, ToAll
from implementations.on_threads.hub_mutex import MutexHub


BASE = "threads-mutex"


class Hub(MutexHub):
    """Holds its lock only while it looks who is there."""

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks."""
        with self._pace.turn(self._lock):
            deliveries = self._fanout._room.submit(client_id, command)
            outboxes = list(self._fanout._outboxes.items())
            match deliveries:
                case [ToAll(line)]:
                    message = encode(line)
                case _:
                    self._fanout._hand_out(deliveries)
                    return
        for listener, outbox in outboxes:
            time.sleep(0)  # a send lets go of the interpreter, as this does
            if not outbox.offer(message):
                self.leave(listener, Cause.TOO_SLOW)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
