"""Leave the whole request to the library.

The library is made for handshakes. It limits the length and the number of headers, so a browser
with many cookies is refused and its page tries again for ever. It does not tell a client which
version it needs. And it waits for the end of a request whose lines end without CR, until the
handshake's time is over.

Imitates: most servers that are built on a WebSocket library, and are only tried with the library's
own client.

Looks right: the library knows the standard better than we do.

Breaks: http.size, http.malformed, websocket.version

Shown by: 12 kB of cookies; version 8; a request typed with netcat.

Instead: implementations/core/websocket_codec.py gives the library those headers that a handshake
depends on, and answers everything else itself.
"""

from __future__ import annotations

import re

from websockets.http11 import Request
from websockets.server import ServerProtocol

from implementations.core.events import Answer, Event
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


class Alone(WebSocketCodec):
    """A codec that asks the library about each handshake."""

    def _open(self, head: bytes) -> Event:
        protocol = ServerProtocol()
        protocol.receive_data(head)
        for request in protocol.events_received():
            assert isinstance(request, Request)
            protocol.send_response(protocol.accept(request))
        answer = b"".join(protocol.data_to_send())
        if not answer.startswith(b"HTTP/1.1 101 "):
            return Answer(answer or b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return super()._open(head)


REPLACES = {
    "implementations.on_asyncio.server.WebSocketCodec": Alone,
    "implementations.core.websocket_codec._BARE_LINE_FEED": re.compile(rb"(?!)"),
    "implementations.core.websocket_codec._REQUEST_LINE": re.compile(
        rb"(\S+) (\S+) HTTP/1\.([01])\r?\n"
    ),
}
