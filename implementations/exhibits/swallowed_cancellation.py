"""Catch every exception, cancellation too.

The read pump goes on after every exception, so that no bug can end it. asyncio tells a task to
stop by raising an exception in it, the cancellation. The pump catches it with the rest and goes on
waiting.

Imitates: ``except BaseException`` (or a bare ``except``) around the body of a loop.

Looks right: one bad client must not end the server.

Breaks: shutdown.exit

May break: commands.quit, liveness.handshake, shutdown.announce, shutdown.delivers, shutdown.refuses

Shown by: a client that stays until the server stops.

Instead: implementations/on_asyncio/connection.py catches ``Exception``, and cancellation is not
one.
"""

from __future__ import annotations

import asyncio

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Stubborn(Connection):
    """A connection whose read pump ignores cancellation."""

    async def _receive(self) -> bytes:
        while True:
            try:
                return await super()._receive()
            except asyncio.CancelledError:
                continue


REPLACES = {"implementations.on_asyncio.server.Connection": Stubborn}
