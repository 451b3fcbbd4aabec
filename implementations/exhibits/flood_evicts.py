"""Let a talker send as fast as it likes.

The server never holds a talker back while other clients are behind. One burst fills every outbox
faster than any client can read, and the server evicts clients that read as fast as they can.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), with a queue of 256 messages
per client and a send that never waits; gorilla's chat example (docs/provenance.md#gorilla) does
the same.

Looks right: a slow client must be cut off. But a full outbox measures how large the talker's burst
is, not how slow the reader is.

Breaks: flood.paced, flood.everyone

May break: slow.block, delivery.exactly-once

Shown by: a thousand lines in one write, and clients that read all the time.

Instead: implementations/on_asyncio/pace.py holds talkers back while a reader is behind.
"""

from __future__ import annotations

from implementations.on_asyncio.pace import Pace


BASE = "asyncio-mutex"


class NoPace(Pace):
    """A pace that never holds a talker back."""

    def hold(self, holder: object) -> None:
        """Do nothing."""


REPLACES = {"implementations.on_asyncio.hub_mutex.Pace": NoPace}
