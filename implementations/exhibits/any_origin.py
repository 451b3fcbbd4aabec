"""Let a page of any site connect.

A browser opens a WebSocket for any page that asks for one, from inside the reader's network and
with the reader's cookies. It tells the server which site the page is from, in the ``Origin``
header, and leaves the decision to the server. This server accepts every site.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), whose origin check always
returns true.

Looks right: it makes an error message go away, and the page connects.

Breaks: websocket.origin

Shown by: a page of another site.

Instead: implementations/core/websocket_codec.py accepts a page of the server's own host, and the
origins that ``--allow-origin`` names.
"""

from __future__ import annotations

from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


def anyone(codec: WebSocketCodec, origin: str, host: str) -> bool:
    """Whether a page from ``origin`` may connect: always."""
    return True


REPLACES = {"implementations.core.websocket_codec.WebSocketCodec._may_connect": anyone}
