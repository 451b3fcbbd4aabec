"""Never check whether a client is still there.

A peer that is switched off sends nothing. A peer that has nothing to say sends nothing, either.
Without a ping and a deadline the server cannot tell the two apart, and dead clients stay in the
room.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1) and a Go broadcaster
(docs/provenance.md#text-3): after its cable was pulled, a client stayed in the room for 151
seconds, and for more than 300 seconds while others talked.

Looks right: a dead connection will report an error. But it does so only when the server writes to
it, and then much later.

Breaks: liveness.idle, liveness.ping, liveness.pong-wait

Shown by: a client that falls silent.

Instead: implementations/on_asyncio/connection.py has a deadline, which every sign of life moves.
"""

from __future__ import annotations

import math

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Trusting(Connection):
    """A connection that sends no pings and has no deadline."""

    def _heard(self) -> None:
        self._codec.ping_interval_s = None
        self._silent_at = math.inf


REPLACES = {"implementations.on_asyncio.server.Connection": Trusting}
