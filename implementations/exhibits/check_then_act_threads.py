"""Check that a name is free, wait, then take it, in threads.

The question and the taking are two steps, with a lock around each of them and none around both. Two
who ask at once are both told that the name is free, and both take it.

Imitates: the ``rename|`` command of the chat room with a Manager and an online map (S4-15, S4-01).

Looks right: each step holds the lock, so nothing is touched without it.

Breaks: names.race

Shown by: many who ask for one name at the same time.

Instead: implementations/core/room.py, where to check and to take are one step.
"""

from __future__ import annotations

import time

from implementations.core.commands import Command, Rename
from implementations.core.room import ClientId, name_key
from implementations.on_threads.hub_mutex import MutexHub


BASE = "threads-mutex"


class Hub(MutexHub):
    """Asks who has a name in a step of its own."""

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks."""
        if isinstance(command, Rename) and not self._is_taken(command.new):
            time.sleep(0.001)  # such as a question to a database
            self._free(command.new)
        super().submit(client_id, command)

    def _is_taken(self, name: str) -> bool:
        with self._lock:
            return name_key(name) in self._fanout._room._room._holders

    def _free(self, name: str) -> None:
        """Have the room believe what was seen."""
        with self._lock:
            self._fanout._room._room._holders.pop(name_key(name), None)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
