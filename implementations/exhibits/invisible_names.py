"""Take a printable name for one that can be seen.

Python calls a letter printable, and a Hangul filler is a letter that shows nothing. So is "zoe"
with a variation selector at its end a second zoe: the computer can tell the two names apart, and a
reader cannot.

Imitates: sites that check a name by its categories only, where a name that is one Hangul filler
looks empty.

Looks right: ``str.isprintable`` refuses spaces, controls and format characters.

Breaks: names.invisible

Shown by: a client that asks for the name of another client and adds a variation selector.

Instead: implementations/core/characters.py lists what shows nothing. implementations/core/room.py
refuses it before it compares names.
"""

from __future__ import annotations


BASE = "asyncio-mutex"


def always_seen(character: str) -> bool:
    """Whether a character shows nothing: none does."""
    return False


REPLACES = {"implementations.core.room.shows_nothing": always_seen}
