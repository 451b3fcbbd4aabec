"""Give each client a lock of its own.

A message is handed to one client after the other, each under that client's own lock, so that
two messages never meet at one client. But nothing holds the walk from client to client together:
another walk overtakes it between two clients, and they get the two messages in two orders.

Imitates: "one writer per connection" (S4-16, SK1-1) taken for all that a room needs.

Looks right: no client is touched by two threads at once, and nobody waits for a whole fan-out
to end. Each client is safe. What they were promised is about all of them.

Breaks: order.total

May break: membership.one-step, order.membership, membership.churn, delivery.exactly-once,
flood.everyone

Shown by: several who talk at once.

Instead: implementations/on_threads/hub_mutex.py: one lock around the whole walk.
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
    """Holds one client's lock at a time."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._client_locks: defaultdict[ClientId, threading.Lock] = defaultdict(threading.Lock)

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks."""
        with self._pace.turn(self._lock):  # for the names, and for who is there
            deliveries = self._fanout._room.submit(client_id, command)
            listeners = list(self._fanout._outboxes.items())
            if not (deliveries and isinstance(deliveries[0], ToAll)):
                self._fanout._hand_out(deliveries)
                return
        message = encode(deliveries[0].line)
        for listener, outbox in listeners:
            time.sleep(0)  # a send lets go of the interpreter, as this does
            with self._client_locks[listener]:
                taken = outbox.offer(message)
            if not taken:
                self.leave(listener, Cause.TOO_SLOW)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
