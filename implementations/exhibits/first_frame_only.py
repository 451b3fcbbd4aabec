"""Treat each frame as a message.

A WebSocket message may arrive in several frames, with pings between them. This server passes each
frame on as a message of its own.

Imitates: frame parsers written by hand: most of them handle a message in one frame only.

Looks right: browsers send short messages in one frame.

Breaks: websocket.fragments

May break: framing.too-long-close

Shown by: a message in three frames.

Instead: implementations/core/websocket_codec.py joins the frames of a message, up to the limit.
"""

from __future__ import annotations

from dataclasses import replace

from websockets.frames import Frame

from implementations.core.events import Event
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


class Hasty(WebSocketCodec):
    """A codec that treats each frame as the last one of its message."""

    def _feed_data_frame(self, frame: Frame, events: list[Event]) -> tuple[int, str] | None:
        return super()._feed_data_frame(replace(frame, fin=True), events)


REPLACES = {"implementations.on_asyncio.server.WebSocketCodec": Hasty}
