"""Never ask whether anyone is there.

A peer that is switched off says nothing, and neither does one that has nothing to say. Without a
ping and a deadline the two cannot be told apart, and the dead stay in the room.

Imitates: the hub with a mutex and the broadcaster (S0-05, S2-10): the cable is pulled, and the
client is there for minutes, or for good while others talk.

Looks right: a connection that is gone will report an error. Only when someone writes to it, and
then much later.

Breaks: liveness.idle, liveness.ping, liveness.pong-wait

Shown by: a client that falls silent.

Instead: implementations/on_asyncio/connection.py, with a deadline that every sign of life puts off.
"""

from __future__ import annotations

import math

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Trusting(Connection):
    """A connection without a clock."""

    def _heard(self) -> None:
        self._codec.ping_interval_s = None
        self._silent_at = math.inf


REPLACES = {"implementations.on_asyncio.server.Connection": Trusting}
