"""Check that a name is free, wait, then take it.

Whether the name is free is asked first, of something that answers later, and the name is taken
after the answer. Two who ask at once are both told that it is free, and both take it.

Imitates: the ``rename|`` command of the chat room with a Manager and an online map, whose
handlers share that map without a rule (S4-15, S4-01).

Looks right: nothing is taken that was not seen to be free. But by then what was seen is the past.

Breaks: names.race

Shown by: many who ask for one name at the same time.

Instead: implementations/core/room.py, where to check and to take are one step.
"""

from __future__ import annotations

import asyncio

from implementations.core.commands import Command, Rename
from implementations.core.room import ClientId, name_key
from implementations.on_asyncio.hub_mutex import MutexHub


BASE = "asyncio-mutex"


class Hub(MutexHub):
    """Asks who has a name before it has the lock."""

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks."""
        holders = self._fanout._room._room._holders
        if isinstance(command, Rename) and (key := name_key(command.new)) not in holders:
            await asyncio.sleep(0.001)  # such as a question to a database
            holders.pop(key, None)  # it was free
        await super().submit(client_id, command)


REPLACES = {"implementations.on_asyncio.MutexHub": Hub}
