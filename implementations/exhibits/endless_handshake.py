"""Wait for a request to be finished.

Who connects and sends half a request is waited for, for ever. It costs the client a socket and
the server a task, a socket and what was sent so far.

Imitates: the hub with a mutex and gorilla's example (S0-14): 200 half-sent requests, 200 goroutines
for good.

Looks right: networks are slow sometimes.

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
    """A connection that waits for its handshake for ever."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._settings = replace(self._settings, handshake_timeout=math.inf)


REPLACES = {"implementations.on_asyncio.server.Connection": Patient}
