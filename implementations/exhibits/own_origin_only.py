"""Let only the own page connect.

The page and the server are at one host and port, or the connection is refused: whatever the
settings say, and also behind a proxy that has another name.

Imitates: the opposite of the hub with a mutex (S0-04), and as common.

Looks right: it is the safe answer. Then someone needs the other one, and turns the check off.

Breaks: websocket.allow-origin

Shown by: an origin that the settings allow.

Instead: implementations/core/websocket_codec.py asks the settings too.
"""

from __future__ import annotations

from implementations.core.websocket_codec import WebSocketCodec, _same_host


BASE = "asyncio-mutex"


def ours(codec: WebSocketCodec, origin: str, host: str) -> bool:
    """Whether a page from ``origin`` may connect: our own may."""
    return _same_host(origin, host)


REPLACES = {"implementations.core.websocket_codec.WebSocketCodec._may_connect": ours}
