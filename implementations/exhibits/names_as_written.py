"""Compare names as they are written.

"Anna" and "anna" are two names to a computer and one to a reader, and so are two spellings of one
letter that look alike to the pixel.

Imitates: the map keyed by name (SK0-2), where two of a name share one place; here they share a
face.

Looks right: ``new in names``.

Breaks: names.taken

May break: names.race

Shown by: someone who takes another's name with one letter larger.

Instead: implementations/core/room.py compares what NFKC and case folding make of them.
"""

from __future__ import annotations


BASE = "asyncio-mutex"


def as_written(name: str) -> str:
    """Return ``name``."""
    return name


REPLACES = {"implementations.core.room.name_key": as_written}
