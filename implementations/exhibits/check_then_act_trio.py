"""Check that a name is free, wait, then take it, in trio.

The question and the taking are two steps, with a checkpoint between them. Two
who ask at once are both told that the name is free, and both take it.

Imitates: the ``rename|`` command of the chat room with a Manager and an online map (S4-15, S4-01).

Looks right: nothing is taken that was not seen to be free.

Breaks: names.race

Shown by: many who ask for one name at the same time.

Instead: implementations/core/room.py, where to check and to take are one step.
"""

from __future__ import annotations

import trio

from implementations.core.commands import Command, Rename
from implementations.core.room import ClientId, name_key
from implementations.on_trio.hub_mutex import MutexHub


BASE = "trio-mutex"


class Hub(MutexHub):
    """Asks who has a name in a step of its own."""

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks."""
        if isinstance(command, Rename) and not await self._is_taken(command.new):
            await trio.sleep(0.001)  # such as a question to a database
            await self._free(command.new)
        await super().submit(client_id, command)

    async def _is_taken(self, name: str) -> bool:
        async with self._lock:
            return name_key(name) in self._fanout._room._room._holders

    async def _free(self, name: str) -> None:
        """Have the room believe what was seen."""
        async with self._lock:
            self._fanout._room._room._holders.pop(name_key(name), None)


REPLACES = {"implementations.on_trio.MutexHub": Hub}
