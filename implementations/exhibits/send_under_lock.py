"""Hold the lock until everyone has taken the message.

The message counts as said only when each client's socket has taken it, and the lock is held
until then. One client that does not read holds it for good, and with it everybody who talks,
asks or leaves.

Imitates: the map with a lock around everything (SK0-1, MU-2): writes under the lock.

Looks right: nobody can see a message half delivered.

Breaks: slow.isolation

May break: membership.churn, order.total, order.membership, slow.*, shutdown.refuses,
shutdown.second-signal, logging.calm, logging.forge

Shown by: one client that stops reading while another talks.

Instead: implementations/on_asyncio/hub_mutex.py: nothing is awaited while its lock is held.
"""

from __future__ import annotations

import asyncio
import socket

from implementations.core.commands import Command
from implementations.core.message import Door, Message
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_asyncio.hub_mutex import MutexHub
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.pace import Pace


BASE = "asyncio-mutex"


class Awaited(Outbox):
    """An outbox that can be waited for until it is empty."""

    def __init__(self, door: Door, settings: Settings, pace: Pace) -> None:
        super().__init__(door, settings, pace)
        self.emptied = asyncio.Event()

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Queue ``message``."""
        self.emptied.clear()
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


REPLACES = {"implementations.on_asyncio.MutexHub": Hub}
