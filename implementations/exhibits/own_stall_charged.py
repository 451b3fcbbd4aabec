"""Charge the client for the time in which the server itself was stopped.

After a pause of its own process the server looks at the clock, finds every deadline passed, and
disconnects all clients that it did not hear in time. It could neither hear nor ping them: it was
stopped.

Imitates: most servers with a deadline per client; all nine servers of this project did it.

Looks right: the deadline has passed.

Breaks: liveness.own-stall

Shown by: clients that answer every ping, and a server that is stopped for longer than ``pong_wait``
(SIGSTOP) and then goes on (SIGCONT).

Instead: implementations/on_asyncio/connection.py, ``_excuse``: a server that is late pings first,
and gives the client its whole time.
"""

from __future__ import annotations

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Unforgiving(Connection):
    """A connection that has no excuse for its client."""

    def _excuse(self, late_s: float) -> None:
        pass


REPLACES = {"implementations.on_asyncio.server.Connection": Unforgiving}
