"""Wait for a client's socket without a deadline.

A write to a client that does not read waits until the client reads. In a quiet room its outbox
never fills up, so nothing ends the connection, and the unsent messages stay in memory.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which kept 209 MiB for one
client that had stopped reading.

Looks right: the outbox is bounded, and a client with a full outbox is cut off.

Breaks: slow.write-timeout

May break: shutdown.exit

Shown by: a client that stops reading, in a room that falls silent.

Instead: implementations/on_asyncio/connection.py ends a connection whose socket takes nothing for
``write_timeout`` seconds.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Patient(Connection):
    """A connection that waits for its socket without a deadline."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._settings = replace(self._settings, write_timeout=math.inf)


REPLACES = {"implementations.on_asyncio.server.Connection": Patient}
