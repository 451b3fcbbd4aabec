"""Hold the lock until everyone has taken the message, in threads.

The message counts as said only when each client's socket has taken it, and the lock is held
until then. One client that does not read holds it for good, and with it everybody.

Imitates: the map with a lock around everything (SK0-1, MU-2): writes under the lock.

Looks right: nobody can see a message half delivered.

Breaks: slow.isolation

May break: membership.one-step, membership.churn, order.total, order.membership, slow.*,
flood.everyone, shutdown.refuses, shutdown.second-signal, logging.calm, logging.forge

Shown by: one client that stops reading while another talks.

Instead: implementations/on_threads/hub_mutex.py: nothing is waited for while its lock is held.
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
    """An outbox that can be waited for until it is empty."""

    def __init__(self, door: Door, settings: Settings, pace: Pace, relay: Relay) -> None:
        super().__init__(door, settings, pace, relay)
        self.emptied = threading.Event()

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``."""
        self.emptied.clear()
        return super().offer(message, exempt)

    def take(self) -> bytes:
        """Give out what waits."""
        if not self._backlog.size_bytes:
            self.emptied.set()
        return super().take()


class Hub(MutexHub):
    """Waits for every client to have taken a message before it lets its lock go."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._awaited: list[Awaited] = []

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client."""
        self._awaited.append(Awaited(door, self._settings, self._pace, self._relay))
        return self._awaited[-1]

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks."""
        with self._pace.turn(self._lock):
            self._fanout.submit(client_id, command)
            for outbox in [outbox for outbox in self._awaited if outbox.cause is None]:
                outbox.emptied.wait()


REPLACES = {"implementations.on_threads.MutexHub": Hub}
