"""Agree to everything the client offers.

The handshake's answer repeats the extensions that the client offered. From then on the client
may compress what it sends, and has a right to compressed answers; the server does neither.

Imitates: a handshake written by hand from an example of one.

Looks right: the client is happy with the answer, until it sends something long enough.

Breaks: websocket.no-compression

Shown by: a client that offers ``permessage-deflate``.

Instead: implementations/core/websocket_codec.py offers no extension, so that none is agreed to.
"""

from __future__ import annotations

from implementations.core.events import Event
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"
OFFERED = b"sec-websocket-extensions:"


class Agreeable(WebSocketCodec):
    """A codec that agrees to whatever is offered."""

    def _open(self, head: bytes) -> Event:
        event = super()._open(head)
        for line in head.split(b"\r\n"):
            if line.lower().startswith(OFFERED):
                self._upgrade = self._upgrade.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")
        return event


REPLACES = {"implementations.on_asyncio.server.WebSocketCodec": Agreeable}
