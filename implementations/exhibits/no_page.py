"""Answer every request alike.

The WebSocket door knows one request and has one answer to all others. Who opens it in a browser
learns nothing, nor does a load balancer that asks how it is.

Imitates: the hub with a mutex (S0-16): no page, and ``400 Bad Request`` for what it wants to be
asked otherwise.

Looks right: it is a WebSocket server, not a web server.

Breaks: http.page, http.health, http.not-found, http.method, http.upgrade-required

Shown by: a browser.

Instead: implementations/core/websocket_codec.py: each path has its own answer, which says
what to do.
"""

from __future__ import annotations

from http import HTTPStatus

from implementations.core.events import Event
from implementations.core.websocket_codec import WebSocketCodec, _refusal


BASE = "asyncio-mutex"


class Curt(WebSocketCodec):
    """A codec with one answer."""

    def _route(self, head: bytes) -> Event:
        if head.startswith(b"GET /ws") and b"upgrade: websocket" in head.lower():
            return self._open(head)
        return _refusal(HTTPStatus.BAD_REQUEST, "bad request")


REPLACES = {"implementations.on_asyncio.server.WebSocketCodec": Curt}
