"""Answer no ping.

Pings are for the library, thinks the program; for the program, thinks the library. A client that
pings to find out whether the server is there concludes that it is not.

Imitates: a read loop that knows text and close, and drops the rest (the mirror of S0-05).

Looks right: nobody sees a ping.

Breaks: websocket.ping

May break: flood.paced

Shown by: a client that pings.

Instead: implementations/core/websocket_codec.py hands each pong over as a reply.
"""

from __future__ import annotations

from implementations.core.events import Event, Reply
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


class Deaf(WebSocketCodec):
    """A codec that makes no pongs."""

    def feed(self, data: bytes) -> list[Event]:
        """Return what ``data`` completes, without what is to be answered."""
        return [event for event in super().feed(data) if not isinstance(event, Reply)]


REPLACES = {"implementations.on_asyncio.server.WebSocketCodec": Deaf}
