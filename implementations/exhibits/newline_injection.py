"""Pass on line breaks inside a message.

A WebSocket message may hold a line break. At the TCP door a line break ends a line: the text after
it becomes a line of its own, and the author of the message decides what that line says.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), where one message with a
line break in it looks like two messages, the second one from somebody else; and a Go broadcaster
(docs/provenance.md#text-3), which lets control bytes reach terminals.

Looks right: text is delivered unaltered, as promised.

Breaks: framing.control

Shown by: a WebSocket message with a line break in it.

Instead: implementations/core/line_codec.py, ``without_controls``: control characters and line
breaks become spaces.
"""

from __future__ import annotations


BASE = "asyncio-mutex"


def as_it_is(text: str) -> str:
    """Return ``text`` unchanged."""
    return text


REPLACES = {"implementations.core.websocket_codec.without_controls": as_it_is}
