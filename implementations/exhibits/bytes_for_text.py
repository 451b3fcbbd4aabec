"""Take any bytes for text.

What is not UTF-8 is decoded as well as it can be, and a binary message as if it were text. What
the others get is not what was sent, and nobody is told.

Imitates: the hub with a mutex (S0-03), which relays a binary message as text: each client that
follows the standard then ends its own connection.

Looks right: ``errors="replace"`` never raises.

Breaks: framing.not-utf8, framing.not-utf8-close, framing.binary-close

Shown by: bytes that are not UTF-8.

Instead: implementations/core/line_codec.py and implementations/core/websocket_codec.py refuse them
where they come in.
"""

from __future__ import annotations

from websockets.frames import Frame, Opcode

from implementations.core.events import Event, Line
from implementations.core.line_codec import LineCodec, without_controls
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


class AnyLine(LineCodec):
    """The line door, which replaces what it cannot read."""

    def _end_line(self, ended: bytearray, events: list[Event]) -> None:
        super()._end_line(bytearray(bytes(ended).decode(errors="replace").encode()), events)
        self._partial.clear()


class AnyMessage(WebSocketCodec):
    """The WebSocket door, which asks of no message what it is."""

    def _feed_data_frame(self, frame: Frame, events: list[Event]) -> tuple[int, str] | None:
        text = bytes(frame.data).decode(errors="replace")
        if frame.opcode is Opcode.BINARY or "\ufffd" in text:
            events.append(Line(without_controls(text)))
            return None
        return super()._feed_data_frame(frame, events)


REPLACES = {
    "implementations.on_asyncio.server.LineCodec": AnyLine,
    "implementations.on_asyncio.server.WebSocketCodec": AnyMessage,
}
