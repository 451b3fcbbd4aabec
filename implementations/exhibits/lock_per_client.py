"""Give each client a lock of its own.

The hub hands a message to one client after the other, each under the lock of that client, so that
two messages never reach one client at the same instant. But no lock covers the whole loop. Another
message's loop can overtake it between two clients, and the clients get the two messages in
different orders.

Imitates: the rule "one writer per connection" (docs/provenance.md#text-2), taken for all that a
room needs.

Looks right: two threads never touch one client at the same time, and no thread waits for a whole
fan-out. Each client is safe. But the promise of one order is about all clients together.

Breaks: order.total

May break: membership.one-step, order.membership, membership.churn, delivery.exactly-once,
flood.everyone

Shown by: several clients that talk at the same time.

Instead: implementations/on_threads/hub_mutex.py has one lock around the whole loop.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.message import encode
from implementations.core.room import ClientId, ToAll
from implementations.core.settings import Settings
from implementations.on_threads.hub_mutex import MutexHub


BASE = "threads-mutex"


class Hub(MutexHub):
    """A hub that holds the lock of one client at a time."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._client_locks: defaultdict[ClientId, threading.Lock] = defaultdict(threading.Lock)

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks; lock one client after the other."""
        with self._pace.turn(self._lock):  # guards the names and the list of clients
            deliveries = self._fanout._room.submit(client_id, command)
            listeners = list(self._fanout._outboxes.items())
            if not (deliveries and isinstance(deliveries[0], ToAll)):
                self._fanout._hand_out(deliveries)
                return
        message = encode(deliveries[0].line)
        for listener, outbox in listeners:
            time.sleep(0)  # a send releases the interpreter; so does this
            with self._client_locks[listener]:
                taken = outbox.offer(message)
            if not taken:
                self.leave(listener, Cause.TOO_SLOW)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
