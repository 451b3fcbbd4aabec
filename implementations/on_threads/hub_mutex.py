"""The mutex hub in the threads runtime: any thread may use the room while it holds the lock.

Mirrors on_asyncio/hub_mutex.py and on_trio/hub_mutex.py.

Here the lock is needed. The system can change from one thread to another between any two
instructions. Without the lock, two talkers could walk through the outboxes at the same time:
one client would get the first talker's line before the second's, and another client would
get them the other way round. tests/implementations/on_threads/test_hub_mutex.py shows it.

Invariants:
  1. Only the thread that holds ``_lock`` touches ``_fanout``.
  2. No thread waits while it holds the lock.
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
    """A room that any thread may use, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._relay = Relay()
        self._lock = threading.Lock()  # guards _fanout
        self._fanout = Fanout(settings.max_clients)

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client that `join` may let in. This kind never uses ``sock``."""
        return Outbox(door, self._settings, self._pace, self._relay)

    def run(self) -> None:
        """Return at once: no owner is needed here."""

    def stop(self) -> None:
        """Do nothing: `run` has returned already."""

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in. Its welcome is the first thing in ``outbox``.

        Callable from any thread. Waits for its turn under the flood rule and for the lock,
        never for a client. The newcomer gets everything that is said after this step, and
        nothing that was said before it.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: `close` has begun.
        """
        with self._pace.turn(self._lock):
            self._fanout.join(client_id, address, outbox)

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a member's stay, close its outbox, tell the others. Idempotent, also after `close`.

        Callable from any thread. Waits for the lock only: a departure needs no turn.
        """
        with self._lock:
            self._fanout.leave(client_id, cause)

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks. Do nothing for a client that has left.

        Callable from any thread. Waits like `join`. What two commands cause reaches every outbox
        in the same order. The commands of one thread keep their order.
        """
        with self._pace.turn(self._lock):
            self._fanout.submit(client_id, command)

    def stats(self) -> Stats:
        """Return the counts; waits for the lock. Callable from any thread, after `close` too."""
        with self._lock:
            return self._fanout.stats()

    def close(self) -> None:
        """Announce the shutdown and close every outbox. Idempotent; waits for the lock."""
        with self._lock:
            self._fanout.close()
