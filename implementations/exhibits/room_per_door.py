"""Give each door a room of its own.

The two doors were written at different times, and each has its own hub. A client at one door
cannot hear a client at the other.

Imitates: the Go servers of docs/provenance.md: each of them has one door. Put together, they are
two chats.

Looks right: each door passes all its tests.

Breaks: delivery.one-room

May break: slow.block, flood.paced, flood.everyone, http.health, limits.full, delivery.exactly-once

Shown by: one client at each door.

Instead: implementations/on_asyncio/server.py has two doors and one hub; only the codec differs.
"""

from __future__ import annotations

import asyncio
from typing import Any

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.counted_room import Stats
from implementations.core.message import TCP
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_asyncio.hub_mutex import MutexHub
from implementations.on_asyncio.outbox import Outbox


BASE = "asyncio-mutex"


class TwoHubs(MutexHub):
    """One hub per door, which together look like one hub."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._second = MutexHub(settings)
        self._by_tcp: set[ClientId] = set()

    def _of(self, client_id: ClientId) -> Any:
        return self._second if client_id in self._by_tcp else super()

    async def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in at its door."""
        if outbox._door == TCP:
            self._by_tcp.add(client_id)
        await self._of(client_id).join(client_id, address, outbox)

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay in the hub of its door."""
        await self._of(client_id).leave(client_id, cause)

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks in the hub of its door."""
        await self._of(client_id).submit(client_id, command)

    async def stats(self) -> Stats:
        """Add up the counts of both hubs."""
        one, two = await asyncio.gather(super().stats(), self._second.stats())
        return Stats(
            one.clients + two.clients,
            one.messages + two.messages,
            one.deliveries + two.deliveries,
            one.evictions + two.evictions,
        )

    async def close(self) -> None:
        """Close both hubs."""
        await super().close()
        await self._second.close()


REPLACES = {"implementations.on_asyncio.MutexHub": TwoHubs}
