"""Wait for a socket for as long as it takes.

A write to a client that does not read waits until it reads. In a room that is quiet nothing
fills its outbox, and nothing ends it: what was written stays in memory.

Imitates: the hub with a mutex (S0-06): 209 MiB for one client that stopped reading.

Looks right: its outbox is bounded, and it is cut off when that is full.

Breaks: slow.write-timeout

May break: shutdown.exit

Shown by: a client that stops reading, and a room that stops talking.

Instead: implementations/on_asyncio/connection.py gives a write ``write_timeout`` seconds without
progress.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"


class Patient(Connection):
    """A connection that waits for its socket for ever."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._settings = replace(self._settings, write_timeout=math.inf)


REPLACES = {"implementations.on_asyncio.server.Connection": Patient}
