"""Accept any name.

A line of the room begins with an asterisk, and a line of a client begins with the name of the
client. A client that takes the name "* server is shutting down" forges a line of the room as soon
as it speaks.

Imitates: the ``rename|`` command of a Go chat room with an online map (docs/provenance.md#text-5),
which accepts empty names, other clients' names and control bytes.

Looks right: people may call themselves what they like.

Breaks: names.bad, names.invisible, names.marks, commands.forge

Shown by: a name with an asterisk, a colon or a space in it.

Instead: implementations/core/room.py refuses names that could deceive.
"""

from __future__ import annotations


BASE = "asyncio-mutex"


def any_name(name: str) -> bool:
    """Whether ``name`` may be taken: always."""
    return True


REPLACES = {"implementations.core.room._may_be_a_name": any_name}
