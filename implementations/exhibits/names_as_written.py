"""Compare names as they are written.

"Anna" and "anna" are two names for a computer and one name for a reader. The same is true of two
ways to write one letter that look alike on the screen.

Imitates: a map keyed by name (docs/provenance.md#text-1), where two clients with one name share
one entry. Here two clients look like one.

Looks right: ``new in names`` is the obvious test.

Breaks: names.taken

May break: names.race

Shown by: a client that takes another client's name with one letter in upper case.

Instead: implementations/core/room.py compares names after NFKC normalisation and case folding.
"""

from __future__ import annotations


BASE = "asyncio-mutex"


def as_written(name: str) -> str:
    """Return ``name`` unchanged."""
    return name


REPLACES = {"implementations.core.room.name_key": as_written}
