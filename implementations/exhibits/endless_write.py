"""Wait for a socket for as long as it takes.

A write to a client that does not read waits until it reads. In a room that is quiet nothing
fills its outbox, and nothing ends it: what was written stays in memory.

Imitates: the hub with a mutex (S0-06): 209 MiB for one client that stopped reading.

Looks right: its outbox is bounded, and it is cut off when that is full.

Breaks: slow.write-timeout

May break: shutdown.exit

Shown by: a client that stops reading, and a room that stops talking.

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
    """A wire that waits for its socket for ever."""

    def __init__(self, sock: socket.socket, outbox: Outbox, write_timeout_s: float) -> None:
        super().__init__(sock, outbox, math.inf)


REPLACES = {"implementations.on_asyncio.connection.Wire": Patient}
