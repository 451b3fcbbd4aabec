"""Log what clients say.

The server logs each line that comes in, as it is. The author of the line decides what is in it:
for example a line break, and after it a line that looks like a line of the log.

Imitates: a ``log.Printf`` of each message, where a message may hold line breaks
(docs/provenance.md#text-5).

Looks right: it helps to see what goes on.

Breaks: logging.forge

May break: framing.bounded, logging.unread

Shown by: a WebSocket message with a line break in it.

Instead: implementations/on_asyncio/connection.py logs addresses and causes; a client chooses
neither.
"""

from __future__ import annotations

import logging

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Talkative(Connection):
    """A connection that logs what it reads."""

    async def _receive(self) -> bytes:
        data = await super()._receive()
        logging.getLogger("hubbub").info("%s says %s", self._address, data.decode(errors="replace"))
        return data


REPLACES = {"implementations.on_asyncio.server.Connection": Talkative}
