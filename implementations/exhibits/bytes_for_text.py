"""Accept any bytes as text.

The server decodes bytes that are not UTF-8 as well as it can, and it treats a binary message as
text. The other clients get something that the sender never sent, and nobody is told.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which relays a binary
message as text. A client that follows the standard must then end its own connection.

Looks right: with ``errors="replace"`` decoding never raises an exception.

Breaks: framing.not-utf8, framing.not-utf8-close, framing.binary-close

Shown by: bytes that are not UTF-8.

Instead: implementations/core/line_codec.py and implementations/core/websocket_codec.py refuse such
bytes where they arrive.
"""

from __future__ import annotations

from websockets.frames import Frame, Opcode

from implementations.core.events import Event, Line
from implementations.core.line_codec import LineCodec, without_controls
from implementations.core.websocket_codec import WebSocketCodec


BASE = "asyncio-mutex"


class AnyLine(LineCodec):
    """The TCP door's codec, which replaces bytes that it cannot decode."""

    def _end_line(self, ended: bytearray, events: list[Event]) -> None:
        super()._end_line(bytearray(bytes(ended).decode(errors="replace").encode()), events)
        self._partial.clear()


class AnyMessage(WebSocketCodec):
    """The WebSocket door's codec, which accepts binary messages and bytes that are not UTF-8."""

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
