"""Log what clients say.

Each line that comes in is logged as it is, and what is in it is up to who wrote it: a line break,
and behind it a log line of the client's own.

Imitates: ``log.Printf("%s", message)``, with messages that may hold line breaks (S2-09, S4-14).

Looks right: it helps to see what goes on.

Breaks: logging.forge

May break: framing.bounded, logging.unread

Shown by: a WebSocket message with a line break in it.

Instead: implementations/on_asyncio/connection.py logs addresses and causes, of which clients choose
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
