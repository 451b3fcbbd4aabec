"""Welcome a newcomer before it is on the list.

The newcomer is told that it is in, and put on the list a moment later. What is said in between
never reaches it, though it had its welcome first.

Imitates: the broadcaster, which greets and announces before ``entering`` (S2-05, S2-06), and the
hub that answers the upgrade before it registers (S0-08).

Looks right: a greeting costs nothing, and comes at once.

Breaks: membership.one-step

May break: membership.churn

Shown by: someone who talks while others join.

Instead: implementations/core/room.py, where welcome, announcement and membership are one step.
"""

from __future__ import annotations

import asyncio

from implementations.core.room import ClientId
from implementations.on_asyncio.hub_mutex import MutexHub
from implementations.on_asyncio.outbox import Outbox


BASE = "asyncio-mutex"


class Hub(MutexHub):
    """Puts a newcomer on the list a little late."""

    async def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in."""
        await super().join(client_id, address, outbox)
        del self._fanout._outboxes[client_id]
        await asyncio.sleep(0.001)
        self._fanout._outboxes[client_id] = outbox


REPLACES = {"implementations.on_asyncio.MutexHub": Hub}
