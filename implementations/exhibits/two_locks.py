"""Take two locks in two orders.

One lock guards the names, and another guards the list of members. A newcomer takes the lock of the
names and then the lock of the list. A message takes the lock of the list and then the lock of the
names. When the two meet, each holds the lock that the other waits for: a deadlock.

Imitates: one new lock per race that is found, which is how a program such as a Go chat room with
an online map (docs/provenance.md#text-5) is repaired one report at a time.

Looks right: everything shared has a lock, and no code touches it without that lock. But this says
nothing about the order of the locks.

Breaks: membership.churn, order.total, delivery.exactly-once

May break: framing.chunks, names.rename, names.race, names.freed, commands.text, commands.who,
commands.quit, membership.*, order.speaker, order.membership, delivery.unaltered, slow.bounded,
flood.*, http.health, limits.freed, limits.descriptors, shutdown.announce, shutdown.delivers,
logging.calm, logging.forge

Shown by: clients that join and leave while others talk. Here it takes a moment to look up a name,
as it does in a database.

Instead: implementations/on_threads/hub_mutex.py has one lock for everything that must change in
one step.
"""

from __future__ import annotations

import threading
import time

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_threads.hub_mutex import MutexHub
from implementations.on_threads.outbox import Outbox


BASE = "threads-mutex"
LOOKUP_S = 0.001


class Hub(MutexHub):
    """A hub that guards the names with one lock and the list of members with another."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._names = self._lock
        self._places = threading.Lock()

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in: lock the names, then the list."""
        with self._pace.turn(self._names):
            time.sleep(LOOKUP_S)
            with self._places:
                self._fanout.join(client_id, address, outbox)

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay: lock the names, then the list."""
        with self._names, self._places:
            self._fanout.leave(client_id, cause)

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks: lock the list, then the names."""
        with self._pace.turn(self._places):
            time.sleep(LOOKUP_S)
            with self._names:
                self._fanout.submit(client_id, command)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
