"""Welcome a newcomer before it is on the list.

The server tells a newcomer that it is in the room, and puts it on the list a moment later. A
message that is sent in between never reaches the newcomer, although it got its welcome first.

Imitates: a Go broadcaster (docs/provenance.md#text-3), which greets and announces a client before
it adds it; and a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which answers the
handshake before it registers the client.

Looks right: a greeting costs nothing, and it comes at once.

Breaks: membership.one-step

May break: membership.churn, delivery.exactly-once

Shown by: a client that talks while others join.

Instead: implementations/core/room.py: welcome, announcement and membership are one step.
"""

from __future__ import annotations

import asyncio

from implementations.core.room import ClientId
from implementations.on_asyncio.hub_mutex import MutexHub
from implementations.on_asyncio.outbox import Outbox


BASE = "asyncio-mutex"


class Hub(MutexHub):
    """A hub that puts a newcomer on the list a moment too late."""

    async def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Welcome a newcomer, wait, then put it on the list."""
        await super().join(client_id, address, outbox)
        del self._fanout._outboxes[client_id]
        await asyncio.sleep(0.001)
        self._fanout._outboxes[client_id] = outbox


REPLACES = {"implementations.on_asyncio.MutexHub": Hub}
