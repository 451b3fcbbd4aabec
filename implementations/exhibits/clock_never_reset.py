"""Count the idle time from the start.

A client has so many seconds, and nothing that it says gives it more: the clock is set when it
joins and looked at ever after.

Imitates: the chat room with an online map (S4-08), where clients that talk are timed out: what
resets the clock comes too late.

Looks right: a deadline is a deadline.

Breaks: liveness.line-resets, liveness.ping

May break: liveness.idle, liveness.pong-wait

Shown by: someone who talks all the time.

Instead: implementations/on_asyncio/connection.py puts the deadline off when it reads.
"""

from __future__ import annotations

import math

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Strict(Connection):
    """A connection whose first sign of life is the only one."""

    def _heard(self) -> None:
        if self._silent_at == math.inf:
            super()._heard()


REPLACES = {"implementations.on_asyncio.server.Connection": Strict}
