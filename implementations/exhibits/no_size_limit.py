"""Accept a line of any length.

The server keeps the bytes of a line until the line ends. A client that never ends its line makes
the server keep all of it, and a finished line of many megabytes goes to every client.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which accepts a message of
64 MiB and relays all of it.

Looks right: people do not write such long lines. But programs do.

Breaks: framing.too-long, framing.too-long-close, framing.bounded

May break: start.settings

Shown by: a line longer than the limit, and a line without an end.

Instead: implementations/core/line_codec.py and implementations/core/websocket_codec.py never hold
more than the limit.
"""

from __future__ import annotations

from dataclasses import replace

from implementations.core.line_codec import LineCodec
from implementations.core.settings import Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"
NO_LIMIT = 1 << 40


class AnyLine(LineCodec):
    """The TCP door's codec, without a limit."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(replace(settings, max_line=NO_LIMIT))


class AnyMessage(WebSocketCodec):
    """The WebSocket door's codec, without a limit."""

    def __init__(self, settings: Settings, site: Site) -> None:
        super().__init__(replace(settings, max_line=NO_LIMIT), site)


REPLACES = {
    "implementations.on_asyncio.server.LineCodec": AnyLine,
    "implementations.on_asyncio.server.WebSocketCodec": AnyMessage,
}
