"""Give every request the same answer.

The WebSocket door understands one request and gives one answer to all others. A person who opens
it in a browser learns nothing, and neither does a load balancer that asks for the server's health.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which has no page at ``/``
and answers ``400 Bad Request`` to a request that is no WebSocket handshake.

Looks right: it is a WebSocket server, not a web server.

Breaks: http.page, http.health, http.not-found, http.method, http.upgrade-required,
http.head, http.forms, http.prefix

May break: http.size

Shown by: a browser.

Instead: implementations/core/websocket_codec.py gives each path an answer of its own, which says
what to do.
"""

from __future__ import annotations

from http import HTTPStatus

from implementations.core.events import Event
from implementations.core.websocket_codec import WebSocketCodec, _refusal


BASE = "asyncio-mutex"


class Curt(WebSocketCodec):
    """A codec with one answer for every request that is no handshake."""

    def _route(self, head: bytes) -> Event:
        if head.startswith(b"GET /ws") and b"upgrade: websocket" in head.lower():
            return self._open(head)
        return _refusal(HTTPStatus.BAD_REQUEST, "bad request")


REPLACES = {"implementations.on_asyncio.server.WebSocketCodec": Curt}
