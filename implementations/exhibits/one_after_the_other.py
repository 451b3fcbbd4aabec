"""Serve everything that one read brought before the next client has a turn.

One read can bring thousands of lines. The talker keeps its turn until the last of them is said,
also while the readers are behind. A client that says one word meanwhile waits for all of them.

Imitates: an event loop that handles a whole buffer per readable socket, or a worker that locks the
room once per packet. Chat servers get this advice to save locking.

Looks right: nothing is lost, no reader is cut off, and one turn for many lines costs less.

Breaks: flood.fair

May break: flood.*, slow.*, liveness.*, shutdown.*

Shown by: a client that says one line right after another client wrote thousands.

Instead: implementations/on_asyncio/pace.py lets talkers that were held back go on in turn, one line
each.
"""

from __future__ import annotations

import asyncio

from implementations.core.events import Event
from implementations.on_asyncio.connection import Connection


BASE = "asyncio-mutex"

_turn = asyncio.Lock()  # held by the client whose lines are being said


class Greedy(Connection):
    """A connection that keeps the turn for all lines of one read."""

    async def _dispatch(self, events: list[Event]) -> bool:
        async with _turn:
            return await super()._dispatch(events)


REPLACES = {"implementations.on_asyncio.server.Connection": Greedy}
