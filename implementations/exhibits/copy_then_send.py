"""Copy the client list under the lock, then send without it.

The lock guards the map of clients. The hub copies the list, releases the lock and only then sends,
so that no thread waits for a send. After the release another thread can do the same with the next
message and be faster. Then the clients do not agree which message came first.

Imitates: the repair that people try first on a Go chat room with an online map
(docs/provenance.md#text-5): lock, copy, unlock, send.

Looks right: no thread loops over the map while another changes it, and nothing slow happens under
the lock.

Breaks: order.total

May break: membership.one-step, order.membership, membership.churn,
delivery.exactly-once, flood.everyone

Shown by: several clients that talk at the same time.

Instead: implementations/on_threads/hub_mutex.py puts the message into every outbox under the lock.
The write pumps send it later.
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
    """A hub that holds its lock only while it copies the list of clients."""

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks; send after the lock is released."""
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
            time.sleep(0)  # a send releases the interpreter; so does this
            if not outbox.offer(message):
                self.leave(listener, Cause.TOO_SLOW)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
