"""Take any name for a name.

A line of the room begins with an asterisk, one of a client with its name. A client that calls
itself "* server is shutting down" needs no more than to speak.

Imitates: ``rename|`` without rules (S4-15): empty names, other people's, control bytes.

Looks right: people may call themselves what they like.

Breaks: names.bad, commands.forge

Shown by: a name with an asterisk, a colon or a space.

Instead: implementations/core/room.py, which knows what could deceive.
"""

from __future__ import annotations


BASE = "asyncio-mutex"


def any_name(name: str) -> bool:
    """Whether ``name`` may be one: yes."""
    return True


REPLACES = {"implementations.core.room._may_be_a_name": any_name}
