"""Let only the server's own page connect.

The server refuses every page that is not from its own host and port. It does so whatever the
settings say, and also behind a proxy that has another name.

Imitates: the opposite of a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which
accepts every origin. Both mistakes are common.

Looks right: it is the safe answer. Then somebody needs another origin, and turns the check off.

Breaks: websocket.allow-origin

Shown by: an origin that the settings allow.

Instead: implementations/core/websocket_codec.py also accepts the origins that the settings name.
"""

from __future__ import annotations

from implementations.core.request_head import same_host
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


def ours(codec: WebSocketCodec, origin: str, host: str) -> bool:
    """Whether a page from ``origin`` may connect: only the server's own."""
    return same_host(origin, host)


REPLACES = {"implementations.core.websocket_codec.WebSocketCodec._may_connect": ours}
