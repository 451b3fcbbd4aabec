"""Check that a name is free, wait, then take it, in asyncio.

The server first asks whether a name is free. The answer takes a moment, and only then does the
server take the name. Two clients that want one name at the same time are both told that it is
free, and both take it.

Imitates: the ``rename|`` command of a Go chat room with an online map (docs/provenance.md#text-5),
whose handlers all change one map without a lock.

Looks right: the server takes no name that it did not see free. But the answer is about the past:
the name may have been taken since.

Breaks: names.race

Shown by: many clients that ask for one name at the same time.

Instead: implementations/core/room.py checks the name and takes it in one step.
"""

from __future__ import annotations

import asyncio

from implementations.core.commands import Command, Rename
from implementations.core.room import ClientId, name_key
from implementations.on_asyncio.hub_mutex import MutexHub


BASE = "asyncio-mutex"


class Hub(MutexHub):
    """A hub that checks a name before it takes the lock."""

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks; check a new name first."""
        holders = self._fanout._room._room._holders
        if isinstance(command, Rename) and (key := name_key(command.new)) not in holders:
            await asyncio.sleep(0.001)  # a question to a database takes as long
            holders.pop(key, None)  # it was free a moment ago
        await super().submit(client_id, command)


REPLACES = {"implementations.on_asyncio.MutexHub": Hub}
