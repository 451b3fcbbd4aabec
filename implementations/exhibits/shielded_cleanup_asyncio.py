"""Shield the clean-up, and set it no deadline, in asyncio.

At the end a connection waits for its peer to end its own side, so that the last lines are not
destroyed. ``asyncio.shield`` keeps cancellation from that wait, and whoever cancelled it waits for
it all the same; a peer that never ends its side makes that last for ever.

Imitates: ``asyncio.shield`` around whatever must not be lost.

Looks right: clean-up must run to its end. It must also have one.

Breaks: shutdown.exit

Shown by: a client that keeps its side open while the server stops.

Instead: implementations/on_asyncio/wire.py waits `LINGER_S` at most, and can be cancelled.
"""

from __future__ import annotations

import asyncio
import socket

from implementations.on_asyncio.readiness import readable
from implementations.on_asyncio.wire import READ_BYTES, Wire


BASE = "asyncio-mutex"


class Patient(Wire):
    """A wire that waits for its peer to end, however long that takes."""

    async def linger(self) -> None:
        waiting = asyncio.create_task(self._until_it_ends())
        try:
            await asyncio.shield(waiting)
        except asyncio.CancelledError:
            await waiting
            raise

    async def _until_it_ends(self) -> None:
        try:
            self._sock.shutdown(socket.SHUT_WR)
            while True:
                await readable(self._sock)
                if not self._sock.recv(READ_BYTES):
                    return
        except OSError:
            return


REPLACES = {"implementations.on_asyncio.connection.Wire": Patient}
