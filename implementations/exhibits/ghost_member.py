"""Close a client that is cut short, and keep its name.

A client that ends its stream is taken off the list by the read pump. One whose connection is
reset makes the read pump fail, and the line that would have taken it off is never reached.

Imitates: the online map that a late ``rename`` or a failed handler leaves an entry in (S4-09),
and every ``leave()`` at the end of a loop instead of in a ``finally``.

Looks right: it works whenever a client says goodbye. Networks do not.

Breaks: membership.left-once, membership.no-ghost, membership.churn

May break: liveness.idle, liveness.pong-wait, logging.calm, logging.unread

Shown by: a client that is killed, so that its connection is reset.

Instead: implementations/on_asyncio/connection.py: whoever joined leaves, in a ``finally``.
"""

from __future__ import annotations

from implementations.core.errors import PeerGone
from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Careless(Connection):
    """A connection that leaves only in good order."""

    async def _receive(self) -> bytes:
        try:
            return await super()._receive()
        except PeerGone:
            self._client_id = -1  # all that follows is about nobody
            raise


REPLACES = {"implementations.on_asyncio.server.Connection": Careless}
