"""Let a page from anywhere connect.

A browser opens a WebSocket for any page that asks, with the cookies and from inside the network
of whoever reads that page; it tells the server where the page is from, and leaves the rest to it.

Imitates: the hub with a mutex (S0-04): ``CheckOrigin`` that returns true, "for simplicity".

Looks right: it makes the first error message go away.

Breaks: websocket.origin

Shown by: a page of another site.

Instead: implementations/core/websocket_codec.py: the same host, and those that ``--allow-origin``
names.
"""

from __future__ import annotations

from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


def anyone(codec: WebSocketCodec, origin: str, host: str) -> bool:
    """Whether a page from ``origin`` may connect: yes."""
    return True


REPLACES = {"implementations.core.websocket_codec.WebSocketCodec._may_connect": anyone}
