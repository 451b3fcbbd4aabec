"""Let both pumps remove the client.

When a client has gone, its read pump and its write pump both notice, and both remove the client.
The second one finds no such client and raises an exception.

Imitates: a rule from a Go text on read and write pumps (docs/provenance.md#text-4): on an error,
close the channel and remove the client. When both goroutines follow it, Go ends the whole process.

Looks right: the pump that notices first cleans up. But nobody said that the other one must not.

Breaks: logging.calm

May break: framing.last-line, membership.*, order.total, order.membership, slow.bounded,
limits.freed, logging.unread, delivery.exactly-once

Shown by: any client that leaves.

Instead: implementations/core/room.py: leaving is idempotent; the second call does nothing.
"""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.core.room import ClientId
from implementations.on_asyncio.hub_mutex import MutexHub


BASE = "asyncio-mutex"


class Hub(MutexHub):
    """A hub that can remove a client only once."""

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """Remove a client; raise when it has been removed already."""
        if client_id not in self._fanout._outboxes:
            raise KeyError(client_id)
        await super().leave(client_id, cause)


REPLACES = {"implementations.on_asyncio.MutexHub": Hub}
