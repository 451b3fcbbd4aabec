"""Shield the clean-up and set it no deadline, in trio.

At the end a connection waits until its peer has closed its own side, so that the last lines are
not destroyed. A shield keeps cancellation away from that wait, because those lines matter. When a
peer never closes its side, the wait never ends.

Imitates: ``CancelScope(shield=True)`` around code whose result must not be lost.

Looks right: clean-up must run to its end. But it also needs a deadline.

Breaks: shutdown.exit

Shown by: a client that keeps its side open while the server stops.

Instead: implementations/on_trio/wire.py waits for at most `LINGER_S`, and can be cancelled.
"""

from __future__ import annotations

import socket

import trio

from implementations.on_trio.wire import READ_BYTES, Wire


BASE = "trio-mutex"


class Patient(Wire):
    """A wire that waits for its peer to close, without a deadline."""

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
