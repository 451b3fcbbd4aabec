"""Start a task for each message.

The read pump does not wait until a line has been handed to the hub: it starts a task that does,
and reads on. Tasks that are ready run in whatever order the scheduler likes, so a speaker's
lines overtake each other.

Imitates: ``go broadcast(line)`` in a loop, and ``nursery.start_soon`` in its place.

Looks right: the reader is never held up. asyncio even hides it, since its loop runs tasks first
in, first out; trio shuffles them, so that nobody can rely on an order that nobody promised.

Breaks: order.speaker

May break: framing.chunks, framing.crlf, framing.last-line, framing.control, framing.limit,
framing.not-utf8, names.taken, commands.say, commands.unknown, commands.quit, membership.half-close,
delivery.unaltered, delivery.one-room, slow.isolation, slow.cut-off, slow.drop-oldest,
slow.drop-newest, slow.block, flood.paced, shutdown.delivers

Shown by: one who says several lines in a row.

Instead: implementations/on_trio/connection.py, where the read pump itself waits for the hub.
"""

from __future__ import annotations

import trio

from implementations.core.commands import Command
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_trio.hub_mutex import MutexHub


BASE = "trio-mutex"


class Hub(MutexHub):
    """Starts a task for each command; the tasks end with `run`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._stopped = trio.Event()
        self._tasks: trio.Nursery | None = None

    async def run(self) -> None:
        """Give the tasks a place to run."""
        async with trio.open_nursery() as self._tasks:
            await self._stopped.wait()

    def stop(self) -> None:
        """Have `run` return."""
        self._stopped.set()

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Have a member's wish done some time."""
        assert self._tasks is not None
        self._tasks.start_soon(super().submit, client_id, command)


REPLACES = {"implementations.on_trio.MutexHub": Hub}
