"""End a connection without a close frame.

A WebSocket connection ends with a close frame in each direction, whose code says why. This server
only closes the socket. To the client, and in its log, every goodbye looks like a crash.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which calls ``Close`` on the
connection: its clients report code 1006.

Looks right: the connection is closed, as intended.

Breaks: websocket.close, websocket.unmasked, framing.too-long-close, framing.not-utf8-close,
framing.binary-close, slow.close-code, commands.quit, shutdown.announce

May break: framing.bounded, liveness.pong-wait, logging.calm

Shown by: any client that leaves, and the server when it stops.

Instead: implementations/core/websocket_codec.py, ``farewell``: the last bytes of a connection are
a close frame.
"""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


def nothing(codec: WebSocketCodec, cause: Cause) -> bytes:
    """Return the last bytes before the end: none."""
    return b""


REPLACES = {"implementations.core.websocket_codec.WebSocketCodec.farewell": nothing}
