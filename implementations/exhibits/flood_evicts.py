"""Let a talker be as fast as it likes.

Nobody is held back while others are behind. One burst fills every outbox faster than anyone can
read, and those who read as fast as they can are cut off for slowness.

Imitates: the hub with a queue of 256 a client and ``select`` with ``default`` (S0-01); gorilla's
chat example does the same.

Looks right: the slow are cut off, as they should be. It measures the burst of the sender, not
the slowness of the reader.

Breaks: flood.paced, flood.everyone

May break: slow.block

Shown by: a thousand lines in one go, and readers that read.

Instead: implementations/on_asyncio/pace.py holds the talkers back while a reader is behind.
"""

from __future__ import annotations

from implementations.on_asyncio.pace import Pace


BASE = "asyncio-mutex"


class NoPace(Pace):
    """Nobody is ever held back."""

    def hold(self, holder: object) -> None:
        """Do nothing."""


REPLACES = {"implementations.on_asyncio.hub_mutex.Pace": NoPace}
