"""Keep a name for who had it.

Names are entered in a book of their own when they are taken, and nobody crosses them out: not
when their holder takes another, and not when it leaves.

Imitates: two maps for one fact (SK0-2, S4-09), of which one is kept up.

Looks right: nobody can take a name that is taken.

Breaks: names.freed

Shown by: someone who comes back and wants the name of a minute ago.

Instead: implementations/core/room.py, where the holder is removed with the name.
"""

from __future__ import annotations

from typing import Any

from implementations.core.room import Room


BASE = "asyncio-mutex"


class Book(dict[str, int]):
    """A book that nothing is crossed out in."""

    def __delitem__(self, key: str) -> None:
        """Do nothing, for an address may come again and must not be told apart from itself."""
        if key.count(":"):
            super().__delitem__(key)


class Forgetful(Room):
    """A room whose book of names only grows."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._holders = Book()


REPLACES = {"implementations.core.counted_room.Room": Forgetful}
