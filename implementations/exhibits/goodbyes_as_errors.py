"""Log every departure as an error.

A read that fails, a stream that ends, a close frame: the log reports each of them as an error.
Soon nobody reads the log, and nobody sees the one real error in it.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which logs a normal close
(code 1000) as an error.

Looks right: a call returned an error, and a program should log its errors.

Breaks: logging.calm

Shown by: any client that leaves.

Instead: implementations/on_asyncio/connection.py logs a departure at level INFO, with its cause.
"""

from __future__ import annotations

import logging

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Alarmed(Connection):
    """A connection that logs its end as an error."""

    async def run(self) -> None:
        """Serve the client until it is gone, then log an error."""
        await super().run()
        logging.getLogger("hubbub").error("%s: connection error: end of stream", self._address)


REPLACES = {"implementations.on_asyncio.server.Connection": Alarmed}
