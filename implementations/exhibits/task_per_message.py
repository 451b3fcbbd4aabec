"""Start a task for each message.

The read pump does not wait until the hub has taken a line. It starts a task that hands the line
over, and reads on. The scheduler may run tasks that are ready in any order, so the lines of one
talker overtake each other.

Imitates: ``go broadcast(line)`` in a Go loop, translated to ``nursery.start_soon``.

Looks right: the reader is never held up. asyncio even hides the mistake, because its loop runs
ready tasks first in, first out. trio shuffles them, so that no program can rely on an order that
nobody promised.

Breaks: order.speaker

May break: framing.chunks, framing.crlf, framing.last-line, framing.control, framing.limit,
framing.not-utf8, names.taken, commands.say, commands.unknown, commands.quit, membership.half-close,
delivery.unaltered, delivery.one-room, slow.isolation, slow.cut-off, slow.drop-oldest,
slow.drop-newest, slow.block, flood.paced, shutdown.delivers, delivery.exactly-once

Shown by: a client that says several lines in a row.

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
    """A hub that starts a task for each command. The tasks end with `run`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._stopped = trio.Event()
        self._tasks: trio.Nursery | None = None

    async def run(self) -> None:
        """Keep the nursery of the tasks open until `stop`."""
        async with trio.open_nursery() as self._tasks:
            await self._stopped.wait()

    def stop(self) -> None:
        """Make `run` return."""
        self._stopped.set()

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Start a task that does what a member asks, and return at once."""
        assert self._tasks is not None
        self._tasks.start_soon(super().submit, client_id, command)


REPLACES = {"implementations.on_trio.MutexHub": Hub}
