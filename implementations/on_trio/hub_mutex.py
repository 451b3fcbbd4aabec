"""The mutex hub in the trio runtime: any task may touch the room, holding the lock.

Mirrors on_threads/hub_mutex.py and on_asyncio/hub_mutex.py.

Here the lock guards nothing. One thread runs all tasks and changes from one to
another only at a checkpoint, and every checkpoint is an ``await``; no section
below has one, so each is already as indivisible as the lock would make it. What
would make the lock necessary is one edit: an ``await`` between the first and the
last line of a section, such as a send to each client from inside the loop.
tests/implementations/on_trio/test_hub_mutex.py shows all of it: without the lock the promises
hold; with an ``await`` inside and no lock they break; with both they hold.

Invariants:
  1. ``_fanout`` is touched by who holds ``_lock``.
  2. Nothing is awaited while it is held; only taking it is a checkpoint, at its end.
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
    """A room that any task may enter, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._lock = trio.Lock()  # guards _fanout
        self._fanout = Fanout(settings.max_clients)

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client that this hub may soon let in; it never touches ``sock``."""
        return Outbox(door, self._settings, self._pace)

    async def run(self) -> None:
        """Own the room until `stop`. This hub has no owner: it returns at once."""

    def stop(self) -> None:
        """Have `run` return."""

    async def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in; its welcome is the first thing in ``outbox``.

        Callable from any task. Waits for its turn under the flood rule and for
        the lock, never for a client. All that is announced after this step
        reaches the newcomer, and nothing from before it.

        Raises:
            RoomFull: there is no place.
            HubClosed: `close` has begun.
        """
        async with self._pace.turn(self._lock):
            self._fanout.join(client_id, address, outbox)

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay, close its outbox and tell the others. Idempotent, also after `close`.

        Callable from any task. Waits for the lock only: nobody is kept from leaving.
        """
        async with self._lock:
            self._fanout.leave(client_id, cause)

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks; nothing for one that has left.

        Callable from any task. Waits like `join`. Two commands reach every
        outbox in the same order; one task's commands keep theirs.
        """
        async with self._pace.turn(self._lock):
            self._fanout.submit(client_id, command)

    async def stats(self) -> Stats:
        """Return the counts. Callable from any task, also after `close`; waits for the lock."""
        async with self._lock:
            return self._fanout.stats()

    async def close(self) -> None:
        """Announce the shutdown and close every outbox. Idempotent; waits for the lock."""
        async with self._lock:
            self._fanout.close()
