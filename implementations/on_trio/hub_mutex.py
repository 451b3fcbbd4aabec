"""The mutex hub in the trio runtime: any task may use the room while it holds the lock.

Mirrors on_threads/hub_mutex.py and on_asyncio/hub_mutex.py.

Under trio this lock is not needed today. One thread runs all tasks. It changes from one task
to another only at a checkpoint, and every checkpoint is an ``await``. No section below has
one inside, so each section is indivisible even without the lock. One edit would make the lock
necessary: an ``await`` between the first and the last line of a section, such as a send to
each client inside the loop. tests/implementations/on_trio/test_hub_mutex.py shows all of it:
without the lock the promises hold, with an ``await`` inside and no lock they break, and with
both they hold.

Invariants:
  1. Only the task that holds ``_lock`` touches ``_fanout``.
  2. Nothing is awaited inside a section. Only to take the lock is a checkpoint: other tasks
     may run after this task has the lock and before its section begins.
"""

from __future__ import annotations

import socket

import trio

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.counted_room import Stats
from implementations.core.fanout import Fanout
from implementations.core.message import Door
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.pace import Pace


__all__ = ["MutexHub"]


class MutexHub:
    """A room that any task may use, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._lock = trio.Lock()  # guards _fanout
        self._fanout = Fanout(settings.max_clients)

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client that `join` may let in. This kind never uses ``sock``."""
        return Outbox(door, self._settings, self._pace)

    async def run(self) -> None:
        """Return at once: no owner is needed here."""

    def stop(self) -> None:
        """Do nothing: `run` has returned already."""

    async def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in. Its welcome is the first thing in ``outbox``.

        Callable from any task. Waits for its turn under the flood rule and for the lock,
        never for a client. The newcomer gets everything that is said after this step, and
        nothing that was said before it.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: `close` has begun.
        """
        async with self._pace.turn(self._lock):
            self._fanout.join(client_id, address, outbox)

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a member's stay, close its outbox, tell the others. Idempotent, also after `close`.

        Callable from any task. Waits for the lock only: a departure needs no turn.
        """
        async with self._lock:
            self._fanout.leave(client_id, cause)

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks. Do nothing for a client that has left.

        Callable from any task. Waits like `join`. What two commands cause reaches every outbox
        in the same order. The commands of one task keep their order.
        """
        async with self._pace.turn(self._lock):
            self._fanout.submit(client_id, command)

    async def stats(self) -> Stats:
        """Return the counts; waits for the lock. Callable from any task, after `close` too."""
        async with self._lock:
            return self._fanout.stats()

    async def close(self) -> None:
        """Announce the shutdown and close every outbox. Idempotent; waits for the lock."""
        async with self._lock:
            self._fanout.close()
