"""Take two locks in two orders.

One lock guards the names, another who is there. A newcomer needs a name and then a place; a
message needs those who are there and then its speaker's name. Each takes the lock that it needs
first, and holds it while it waits for the other: for ever, when they meet in the middle.

Imitates: a lock added for each race that was found, which is how a chat room with an online map
(S4-01) is repaired one report at a time.

Looks right: everything shared has a lock, and nobody touches it without. That says nothing about
who waits for whom.

Breaks: membership.churn, order.total, delivery.exactly-once

May break: framing.chunks, names.rename, names.race, names.freed, commands.text, commands.who,
commands.quit, membership.*, order.speaker, order.membership, delivery.unaltered, slow.bounded,
flood.*, http.health, limits.freed, limits.descriptors, shutdown.announce, shutdown.delivers,
logging.calm, logging.forge

Shown by: some who come and go while others talk. To find a name takes a moment here, as it does
where one is looked up.

Instead: implementations/on_threads/hub_mutex.py has one lock for what must change in one step.
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
    """Guards the names with one lock and who is there with another."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._names = self._lock
        self._places = threading.Lock()

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in: first its name, then its place."""
        with self._pace.turn(self._names):
            time.sleep(LOOKUP_S)
            with self._places:
                self._fanout.join(client_id, address, outbox)

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay: first its name, then its place."""
        with self._names, self._places:
            self._fanout.leave(client_id, cause)

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks: first who is there, then who speaks."""
        with self._pace.turn(self._places):
            time.sleep(LOOKUP_S)
            with self._names:
                self._fanout.submit(client_id, command)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
