"""Shield the clean-up, and set it no deadline.

At the end a connection waits for its peer to end its own side, so that the last lines are not
destroyed. Nothing may interrupt that wait, for the lines are dear; and a peer that never ends
its side makes it last for ever.

Imitates: ``CancelScope(shield=True)`` or ``asyncio.shield`` around whatever must not be lost.

Looks right: clean-up must run to its end. It must also have one.

Breaks: shutdown.exit

Shown by: a client that keeps its side open while the server stops.

Instead: implementations/on_trio/wire.py waits `LINGER_S` at most, and can be cancelled.
"""

from __future__ import annotations

import socket

import trio

from implementations.on_trio.wire import READ_BYTES, Wire


BASE = "trio-mutex"


class Patient(Wire):
    """A wire that waits for its peer to end, however long that takes."""

    async def linger(self) -> None:
        try:
            self._sock.shutdown(socket.SHUT_WR)
            with trio.CancelScope(shield=True):
                while True:
                    await trio.lowlevel.wait_readable(self._sock)
                    if not self._sock.recv(READ_BYTES):
                        return
        except OSError:
            return


REPLACES = {"implementations.on_trio.connection.Wire": Patient}
