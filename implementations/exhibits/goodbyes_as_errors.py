"""Log every end as an error.

A read that fails, a stream that ends, a close frame: each is reported as something that went
wrong. Soon nobody reads the log, and the day that something goes wrong it is in there somewhere.

Imitates: the hub with a mutex (S0-11): ``error: websocket: close 1000 (normal): bye``.

Looks right: an error was returned, and errors are logged.

Breaks: logging.calm

Shown by: anyone who leaves.

Instead: implementations/on_asyncio/connection.py: a goodbye is INFO, with its cause.
"""

from __future__ import annotations

import logging

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Alarmed(Connection):
    """A connection whose end is an error."""

    async def run(self) -> None:
        """Serve the client until it is gone."""
        await super().run()
        logging.getLogger("hubbub").error("%s: connection error: end of stream", self._address)


REPLACES = {"implementations.on_asyncio.server.Connection": Alarmed}
