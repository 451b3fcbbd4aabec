"""Never give a name back.

The room keeps a table of the names that are taken. It adds a name when a client takes it, and
never removes one: not when the client takes another name, and not when it leaves.

Imitates: one fact that is kept in two maps, of which only one is kept up to date. A Go chat room
with an online map (docs/provenance.md#text-5) keeps the entries of departed clients in the same
way.

Looks right: no client can take a name that is taken.

Breaks: names.freed

Shown by: a client that comes back and wants the name that it had.

Instead: implementations/core/room.py removes the holder together with the name.
"""

from __future__ import annotations

from typing import Any

from implementations.core.room import Room


BASE = "asyncio-mutex"


class Book(dict[str, int]):
    """A table from which no chosen name is removed."""

    def __delitem__(self, key: str) -> None:
        """Remove an address only: it holds a colon, and it may connect again."""
        if key.count(":"):
            super().__delitem__(key)


class Forgetful(Room):
    """A room whose table of names only grows."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._holders = Book()


REPLACES = {"implementations.core.counted_room.Room": Forgetful}
