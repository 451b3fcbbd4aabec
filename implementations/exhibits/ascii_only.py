"""Keep to ASCII.

Whatever is not ASCII becomes a question mark, so that it can break nothing.

Imitates: control bytes and terminals (S2-09), cured by taking away everybody's alphabet.

Looks right: it was tested with "hello".

Breaks: delivery.unaltered

May break: names.rename, names.taken, names.bad, names.race, delivery.exactly-once,
delivery.one-room, framing.chunks, framing.last-line,
websocket.fragments, framing.control

Shown by: a line in any script but one.

Instead: implementations/core/line_codec.py takes the controls out, and nothing else.
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
