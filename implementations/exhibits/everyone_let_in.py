"""Set no limit on the number of clients.

There is always room for one more client, until there is no memory, no file descriptor and no
processor time left for the clients that are in.

Imitates: all the Go servers of docs/provenance.md, none of which has a limit.

Looks right: nobody has ever been refused.

Breaks: limits.full

May break: limits.freed

Shown by: one client more than ``max_clients``.

Instead: implementations/core/room.py refuses a newcomer when ``max_clients`` are in the room, and
no member hears of it.
"""

from __future__ import annotations

from implementations.core.room import Room


BASE = "asyncio-mutex"


class Endless(Room):
    """A room that is never full."""

    def __init__(self, max_clients: int) -> None:
        super().__init__(1 << 40)


REPLACES = {"implementations.core.counted_room.Room": Endless}
