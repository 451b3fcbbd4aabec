"""Check that a name is free, wait, then take it, in threads.

Checking and taking are two steps. Each step holds the lock, but the lock is free between them. Two
clients that want one name at the same time are both told that it is free, and both take it.

Imitates: the ``rename|`` command of a Go chat room with an online map (docs/provenance.md#text-5),
whose handlers all change one map without a lock.

Looks right: each step holds the lock, so no code touches the names without it.

Breaks: names.race

Shown by: many clients that ask for one name at the same time.

Instead: implementations/core/room.py checks the name and takes it in one step.
"""

from __future__ import annotations

import time

from implementations.core.commands import Command, Rename
from implementations.core.room import ClientId, name_key
from implementations.on_threads.hub_mutex import MutexHub


BASE = "threads-mutex"


class Hub(MutexHub):
    """A hub that checks a name in a step of its own."""

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks; check a new name first."""
        if isinstance(command, Rename) and not self._is_taken(command.new):
            time.sleep(0.001)  # a question to a database takes as long
            self._free(command.new)
        super().submit(client_id, command)

    def _is_taken(self, name: str) -> bool:
        with self._lock:
            return name_key(name) in self._fanout._room._room._holders

    def _free(self, name: str) -> None:
        """Make the room treat the name as free, because it was free a moment ago."""
        with self._lock:
            self._fanout._room._room._holders.pop(name_key(name), None)


REPLACES = {"implementations.on_threads.MutexHub": Hub}
