"""Wait for a handshake without a deadline.

The server waits for ever for a client that connects and sends half a request. It costs the client
one socket. It costs the server a task, a socket and the memory for the bytes received so far.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1) and gorilla's chat example
(docs/provenance.md#gorilla): 200 unfinished requests keep 200 goroutines.

Looks right: some networks are slow.

Breaks: liveness.handshake

Shown by: half a request.

Instead: implementations/on_asyncio/connection.py gives a handshake ``handshake_timeout`` seconds.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Patient(Connection):
    """A connection that waits for its handshake without a deadline."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._settings = replace(self._settings, handshake_timeout=math.inf)


REPLACES = {"implementations.on_asyncio.server.Connection": Patient}
