"""Wait for a client's socket without a deadline.

A write to a client that does not read waits until the client reads. In a quiet room its outbox
never fills up, so nothing ends the connection, and the unsent messages stay in memory.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which kept 209 MiB for one
client that had stopped reading.

Looks right: the outbox is bounded, and a client with a full outbox is cut off.

Breaks: slow.write-timeout

May break: shutdown.exit, slow.last-word

Shown by: a client that stops reading, in a room that falls silent.

Instead: implementations/on_asyncio/wire.py gives a write ``write_timeout`` seconds without
progress.
"""

from __future__ import annotations

import math
import socket

from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.wire import Wire


BASE = "asyncio-mutex"


class Patient(Wire):
    """A wire that waits for its socket without a deadline."""

    def __init__(self, sock: socket.socket, outbox: Outbox, write_timeout_s: float) -> None:
        super().__init__(sock, outbox, math.inf)


REPLACES = {"implementations.on_asyncio.connection.Wire": Patient}
