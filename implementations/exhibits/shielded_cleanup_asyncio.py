"""Shield the clean-up and set it no deadline, in asyncio.

At the end a connection waits until its peer has closed its own side, so that the last lines are
not destroyed. ``asyncio.shield`` keeps cancellation away from that wait, and after a cancellation
the connection goes on waiting. When a peer never closes its side, the wait never ends.

Imitates: ``asyncio.shield`` around code whose result must not be lost.

Looks right: clean-up must run to its end. But it also needs a deadline.

Breaks: shutdown.exit

Shown by: a client that keeps its side open while the server stops.

Instead: implementations/on_asyncio/wire.py waits for at most `LINGER_S`, and can be cancelled.
"""

from __future__ import annotations

import asyncio
import socket

from implementations.on_asyncio.readiness import readable
from implementations.on_asyncio.wire import READ_BYTES, Wire


BASE = "asyncio-mutex"


class Patient(Wire):
    """A wire that waits for its peer to close, without a deadline."""

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
