"""Agree to every extension that the client offers.

The server's answer to the handshake repeats the extensions that the client offered. From then on
the client may compress what it sends, and expects the server to understand it. The server cannot.

Imitates: a handshake written by hand after an example.

Looks right: the client accepts the answer, and nothing fails until the client sends a compressed
message.

Breaks: websocket.no-compression

Shown by: a client that offers ``permessage-deflate``.

Instead: implementations/core/websocket_codec.py agrees to no extension.
"""

from __future__ import annotations

from implementations.core.events import Event
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"
OFFERED = b"sec-websocket-extensions:"


class Agreeable(WebSocketCodec):
    """A codec that agrees to every extension."""

    def _open(self, head: bytes) -> Event:
        event = super()._open(head)
        for line in head.split(b"\r\n"):
            if line.lower().startswith(OFFERED):
                self._upgrade = self._upgrade.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")
        return event


REPLACES = {"implementations.on_asyncio.server.WebSocketCodec": Agreeable}
