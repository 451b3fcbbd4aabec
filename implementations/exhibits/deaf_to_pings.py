"""Never answer a ping.

The author of the program expects the library to answer pings, and the author of the library
expects the program to do it. A client that sends a ping to find out whether the server is alive
concludes that it is not.

Imitates: a read loop that handles text and close frames and drops all others. A Go WebSocket hub
with a mutex (docs/provenance.md#text-1) makes the opposite mistake: it never sends a ping.

Looks right: no person ever sees a ping.

Breaks: websocket.ping

May break: flood.paced

Shown by: a client that sends a ping.

Instead: implementations/core/websocket_codec.py returns the pong that answers each ping.
"""

from __future__ import annotations

from implementations.core.events import Event, Reply
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


class Deaf(WebSocketCodec):
    """A codec that returns no pongs."""

    def feed(self, data: bytes) -> list[Event]:
        """Return what ``data`` completes, without the replies to pings."""
        return [event for event in super().feed(data) if not isinstance(event, Reply)]


REPLACES = {"implementations.on_asyncio.server.WebSocketCodec": Deaf}
