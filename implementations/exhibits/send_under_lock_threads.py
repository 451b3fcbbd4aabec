"""Hold the lock until every client has taken the message, in threads.

A message counts as sent only when the socket of every client has taken it, and the hub holds its
lock until then. One client that does not read keeps the lock held for ever, and every client that
talks, asks or leaves waits for that lock.

Imitates: a map of clients with a lock that is held during every write (docs/provenance.md#text-1).

Looks right: no client can see a message half delivered.

Breaks: slow.isolation

May break: membership.one-step, membership.churn, order.total, order.membership, slow.*,
flood.everyone, shutdown.refuses, shutdown.second-signal, logging.calm, logging.forge,
delivery.exactly-once

Shown by: one client that stops reading while another client talks.

Instead: implementations/on_threads/hub_mutex.py waits for nothing while it holds its lock.
"""

from __future__ import annotations

import socket
import threading

from implementations.core.commands import Command
from implementations.core.message import Door, Message
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_threads.hub_mutex import MutexHub
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay


BASE = "threads-mutex"


class Awaited(Outbox):
    """An outbox with an event that tells when it is empty."""

    def __init__(self, door: Door, settings: Settings, pace: Pace, relay: Relay) -> None:
        super().__init__(door, settings, pace, relay)
        self.emptied = threading.Event()

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``."""
        self.emptied.clear()
        return super().offer(message, exempt)

    def take(self) -> bytes:
        """Return what is queued; when nothing is, announce that first."""
        if not self._backlog.size_bytes:
            self.emptied.set()
        return super().take()


class Hub(MutexHub):
    """A hub that releases its lock when every client has taken the message."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._awaited: list[Awaited] = []

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Return a new client's outbox."""
        self._awaited.append(Awaited(door, self._settings, self._pace, self._relay))
        return self._awaited[-1]

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks, then wait for every client under the lock."""
        with self._pace.turn(self._lock):
            self._fanout.submit(client_id, command)
            for outbox in [outbox for outbox in self._awaited if outbox.cause is None]:
                outbox.emptied.wait()


REPLACES = {"implementations.on_threads.MutexHub": Hub}
