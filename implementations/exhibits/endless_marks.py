"""Pass on any number of combining marks.

A combining mark is drawn onto the letter before it. Fifty of them on one letter cover the lines
above and below, so one client can make the words of the others unreadable, with a line or with its
name.

Imitates: every chat that limits the length of a line, but not the height of a letter ("Zalgo
text").

Looks right: each mark is printable, and a name of 32 characters is short.

Breaks: framing.marks, names.marks

Shown by: a letter with five accents.

Instead: implementations/core/characters.py keeps four marks in a row. implementations/core/room.py
refuses a name with more.
"""

from __future__ import annotations


BASE = "asyncio-mutex"


def as_it_is(text: str) -> str:
    """Return ``text`` unchanged."""
    return text


REPLACES = {
    "implementations.core.commands.without_surplus_marks": as_it_is,
    "implementations.core.room.without_surplus_marks": as_it_is,
}
