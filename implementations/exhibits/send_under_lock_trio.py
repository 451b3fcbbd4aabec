"""Hold the lock until everyone has taken the message, in trio.

The message counts as said only when each client's socket has taken it, and the lock is held
until then. One client that does not read holds it for good, and with it everybody.

Imitates: the map with a lock around everything (SK0-1, MU-2): writes under the lock.

Looks right: nobody can see a message half delivered.

Breaks: slow.isolation

May break: membership.churn, order.total, order.membership, slow.*, flood.everyone,
shutdown.refuses, shutdown.second-signal, logging.calm, logging.forge

Shown by: one client that stops reading while another talks.

Instead: implementations/on_trio/hub_mutex.py: nothing is waited for while its lock is held.
"""

from __future__ import annotations

import socket

import trio

from implementations.core.commands import Command
from implementations.core.message import Door, Message
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_trio.hub_mutex import MutexHub
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.pace import Pace


BASE = "trio-mutex"


class Awaited(Outbox):
    """An outbox that can be waited for until it is empty."""

    def __init__(self, door: Door, settings: Settings, pace: Pace) -> None:
        super().__init__(door, settings, pace)
        self.emptied = trio.Event()

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``."""
        if self.emptied.is_set():
            self.emptied = trio.Event()
        return super().offer(message, exempt)

    async def take(self) -> bytes:
        """Give out what waits."""
        if not self._backlog.size_bytes:
            self.emptied.set()
        return await super().take()


class Hub(MutexHub):
    """Waits for every client to have taken a message before it lets its lock go."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._awaited: list[Awaited] = []

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client."""
        self._awaited.append(Awaited(door, self._settings, self._pace))
        return self._awaited[-1]

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks."""
        async with self._pace.turn(self._lock):
            self._fanout.submit(client_id, command)
            for outbox in [outbox for outbox in self._awaited if outbox.cause is None]:
                await outbox.emptied.wait()


REPLACES = {"implementations.on_trio.MutexHub": Hub}
