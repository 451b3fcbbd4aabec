"""End a connection without a close frame.

A WebSocket ends with a close frame each way, and its code says why. Here the socket is closed and
that is all: every goodbye looks like a crash, to the client and to its log.

Imitates: the hub that calls ``Close`` on the connection (S0-02, S0-15): its clients see 1006.

Looks right: closed is closed.

Breaks: websocket.close, websocket.unmasked, framing.too-long-close, framing.not-utf8-close,
framing.binary-close, slow.close-code, commands.quit, shutdown.announce

May break: framing.bounded, liveness.pong-wait, logging.calm

Shown by: anyone who leaves, and the server when it stops.

Instead: implementations/core/websocket_codec.py, ``farewell``: the very last word is a close frame.
"""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


def nothing(codec: WebSocketCodec, cause: Cause) -> bytes:
    """Return the last bytes before the end: none."""
    return b""


REPLACES = {"implementations.core.websocket_codec.WebSocketCodec.farewell": nothing}
