"""Catch everything, cancellation too.

The read pump goes on whatever happens, so that no bug ends it. Cancellation is how it is told to
stop, and asyncio delivers it as an exception: it is caught with the rest, and the pump waits on.

Imitates: ``except BaseException`` (or a bare ``except``) around the body of a loop.

Looks right: the server must not die of one bad client.

Breaks: shutdown.exit

May break: commands.quit, liveness.handshake, shutdown.announce, shutdown.delivers

Shown by: a client that stays until the server stops.

Instead: implementations/on_asyncio/connection.py catches ``Exception``, which cancellation is not.
"""

from __future__ import annotations

import asyncio

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Stubborn(Connection):
    """A connection whose read pump does not take no for an answer."""

    async def _receive(self) -> bytes:
        while True:
            try:
                return await super()._receive()
            except asyncio.CancelledError:
                continue


REPLACES = {"implementations.on_asyncio.server.Connection": Stubborn}
