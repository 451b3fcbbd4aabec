"""The mutex hub in the threads runtime: any thread may touch the room, holding the lock.

Mirrors on_asyncio/hub_mutex.py and on_trio/hub_mutex.py.

Here the lock is needed. Threads change from one to another anywhere, between any
two instructions; without the lock two talkers walk the map of outboxes at the
same time, and one client hears the first talker before the second, another the
second before the first. tests/implementations/on_threads/test_hub_mutex.py shows it.

Invariants:
  1. ``_fanout`` is touched by who holds ``_lock``.
  2. Nothing is waited for while it is held.
"""

from __future__ import annotations

import socket
import threading

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.counted_room import Stats
from implementations.core.fanout import Fanout
from implementations.core.message import Door
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay


__all__ = ["MutexHub"]


class MutexHub:
    """A room that any thread may enter, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._relay = Relay()
        self._lock = threading.Lock()  # guards _fanout
        self._fanout = Fanout(settings.max_clients)

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client that this hub may soon let in; it never touches ``sock``."""
        return Outbox(door, self._settings, self._pace, self._relay)

    def run(self) -> None:
        """Own the room until `stop`. This hub has no owner: it returns at once."""

    def stop(self) -> None:
        """Have `run` return."""

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in; its welcome is the first thing in ``outbox``.

        Callable from any thread. Waits for its turn under the flood rule and for
        the lock, never for a client. All that is announced after this step
        reaches the newcomer, and nothing from before it.

        Raises:
            RoomFull: there is no place.
            HubClosed: `close` has begun.
        """
        with self._pace.turn(self._lock):
            self._fanout.join(client_id, address, outbox)

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay, close its outbox and tell the others. Idempotent, also after `close`.

        Callable from any thread. Waits for the lock only: nobody is kept from leaving.
        """
        with self._lock:
            self._fanout.leave(client_id, cause)

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks; nothing for one that has left.

        Callable from any thread. Waits like `join`. Two commands reach every
        outbox in the same order; one thread's commands keep theirs.
        """
        with self._pace.turn(self._lock):
            self._fanout.submit(client_id, command)

    def stats(self) -> Stats:
        """Return the counts. Callable from any thread, also after `close`; waits for the lock."""
        with self._lock:
            return self._fanout.stats()

    def close(self) -> None:
        """Announce the shutdown and close every outbox. Idempotent; waits for the lock."""
        with self._lock:
            self._fanout.close()
