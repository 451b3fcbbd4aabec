"""Take each frame for a message.

A message may come in several frames, with pings between them. Here each part is said by itself,
as it comes.

Imitates: frame parsers written by hand, of which most know one opcode.

Looks right: browsers send short messages in one frame.

Breaks: websocket.fragments

May break: framing.too-long-close

Shown by: a message in three parts.

Instead: implementations/core/websocket_codec.py joins the parts, up to the limit.
"""

from __future__ import annotations

from dataclasses import replace

from websockets.frames import Frame

from implementations.core.events import Event
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


class Hasty(WebSocketCodec):
    """A codec for which each frame is the last."""

    def _feed_data_frame(self, frame: Frame, events: list[Event]) -> tuple[int, str] | None:
        return super()._feed_data_frame(replace(frame, fin=True), events)


REPLACES = {"implementations.on_asyncio.server.WebSocketCodec": Hasty}
