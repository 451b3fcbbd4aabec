"""Take a line of any length.

What has no line end yet is kept until one comes. A client that never sends one has the server
keep all of it, and a line of many megabytes goes out to everybody.

Imitates: the hub with a mutex (S0-07): a message of 64 MiB is accepted and relayed whole.

Looks right: people do not write lines that long. Programs do.

Breaks: framing.too-long, framing.too-long-close, framing.bounded

May break: start.settings

Shown by: a line longer than the limit, and one without an end.

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
    """The line door, without a limit."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(replace(settings, max_line=NO_LIMIT))


class AnyMessage(WebSocketCodec):
    """The WebSocket door, without a limit."""

    def __init__(self, settings: Settings, site: Site) -> None:
        super().__init__(replace(settings, max_line=NO_LIMIT), site)


REPLACES = {
    "implementations.on_asyncio.server.LineCodec": AnyLine,
    "implementations.on_asyncio.server.WebSocketCodec": AnyMessage,
}
