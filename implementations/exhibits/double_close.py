"""Let both pumps take the client off the list.

The read pump and the write pump both see that a client has gone, and both say so. The second
one finds nothing on the list, and raises.

Imitates: "on error close the channel and remove it", done by both goroutines (SK3-1): Go ends
the whole process there, with "close of closed channel".

Looks right: whoever sees it first cleans up. Nobody said who must not do it second.

Breaks: logging.calm

May break: framing.last-line, membership.*, order.total, order.membership, slow.bounded,
limits.freed, logging.unread

Shown by: anyone who leaves.

Instead: implementations/core/room.py: to leave is idempotent, and has one owner.
"""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.core.room import ClientId
from implementations.on_asyncio.hub_mutex import MutexHub


BASE = "asyncio-mutex"


class Hub(MutexHub):
    """A hub that may be told of a departure once."""

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay that has not been ended."""
        if client_id not in self._fanout._outboxes:
            raise KeyError(client_id)
        await super().leave(client_id, cause)


REPLACES = {"implementations.on_asyncio.MutexHub": Hub}
