"""Never reset the idle timer.

Each client has a fixed number of seconds, and nothing that it sends gives it more: the server sets
the deadline when the client joins and never moves it.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), which times out clients
that talk: while the room is stuck, it resets their timers too late.

Looks right: the rule is simple, and it ends every silent connection in time.

Breaks: liveness.line-resets, liveness.ping

May break: liveness.idle, liveness.pong-wait

Shown by: a client that talks all the time.

Instead: implementations/on_asyncio/connection.py moves the deadline each time the client sends
something.
"""

from __future__ import annotations

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Strict(Connection):
    """A connection that counts only the client's first sign of life."""

    _joined_and_heard = False

    def _heard(self) -> None:
        if not self._joined_and_heard:
            self._joined_and_heard = True
            super()._heard()


REPLACES = {"implementations.on_asyncio.server.Connection": Strict}
