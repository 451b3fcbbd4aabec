"""Replace every character that is not ASCII.

Every character outside ASCII becomes a question mark, so that no strange character can do harm.
Everybody who does not write English loses their alphabet.

Imitates: a cure for control bytes that reach a terminal (docs/provenance.md#text-3). It removes
every other alphabet, too.

Looks right: it was tested with "hello".

Breaks: delivery.unaltered

May break: names.rename, names.taken, names.bad, names.race, delivery.exactly-once,
delivery.one-room, framing.chunks, framing.last-line,
websocket.fragments, framing.control

Shown by: a line with an accent in it, or in another script.

Instead: implementations/core/line_codec.py turns control characters into spaces and leaves all
other characters alone.
"""

from __future__ import annotations

from implementations.core.line_codec import without_controls


BASE = "asyncio-mutex"


def ascii_alone(text: str) -> str:
    """Return ``text`` with a question mark for each character that is not ASCII."""
    return without_controls(text).encode("ascii", "replace").decode()


REPLACES = {
    "implementations.core.line_codec.without_controls": ascii_alone,
    "implementations.core.websocket_codec.without_controls": ascii_alone,
}
