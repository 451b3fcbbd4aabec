"""Let everyone in.

There is always room for one more, until there is no memory, no descriptor and no time left for
those who are in.

Imitates: all of the articles' servers: none has a limit (S0-14, S2-08).

Looks right: nobody has ever been refused.

Breaks: limits.full

May break: limits.freed

Shown by: one client more than the room takes.

Instead: implementations/core/room.py: past ``max_clients`` nobody is let in, and nobody inside
hears of it.
"""

from __future__ import annotations

from implementations.core.room import Room


BASE = "asyncio-mutex"


class Endless(Room):
    """A room that is never full."""

    def __init__(self, max_clients: int) -> None:
        super().__init__(1 << 40)


REPLACES = {"implementations.core.counted_room.Room": Endless}
