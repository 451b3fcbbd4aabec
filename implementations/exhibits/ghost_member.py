"""Keep the name of a client whose connection was reset.

When a client ends its stream, the read pump takes it off the list. When the connection is reset
instead, the read pump fails before it reaches the line that does so. The server closes the
connection, and the client stays on the list.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), where a late ``rename``
puts a departed client back on the list; and every ``leave()`` at the end of a loop instead of in a
``finally``.

Looks right: it works whenever a client says goodbye. But connections also break.

Breaks: membership.left-once, membership.no-ghost, membership.churn

May break: liveness.idle, liveness.pong-wait, logging.calm, logging.unread

Shown by: a client that is killed, so that its connection is reset.

Instead: implementations/on_asyncio/connection.py calls ``leave`` in a ``finally``, for every
client that has joined.
"""

from __future__ import annotations

from implementations.core.errors import PeerGone
from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Careless(Connection):
    """A connection that leaves the room only when its stream ends."""

    async def _receive(self) -> bytes:
        try:
            return await super()._receive()
        except PeerGone:
            self._client_id = -1  # so leave() is called for a client that does not exist
            raise


REPLACES = {"implementations.on_asyncio.server.Connection": Careless}
