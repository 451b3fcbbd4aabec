"""Pass on what was said, line breaks and all.

A WebSocket message may hold a line break. At the TCP door a line break ends a line: what comes
behind it is a line of its own, and whatever its author wants it to be.

Imitates: the chat room with an online map (S4-14), where "hi" and a second line of the
attacker's make a perfect message from someone else; and control bytes that reach terminals
(S2-09).

Looks right: text is delivered unaltered, as promised.

Breaks: framing.control

Shown by: a WebSocket message with a line break in it.

Instead: implementations/core/line_codec.py, ``without_controls``.
"""

from __future__ import annotations


BASE = "asyncio-mutex"


def as_it_is(text: str) -> str:
    """Return ``text``."""
    return text


REPLACES = {"implementations.core.websocket_codec.without_controls": as_it_is}
