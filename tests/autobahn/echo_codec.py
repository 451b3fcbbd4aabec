"""The WebSocket door with an echo behind it: what it says goes back as it came.

All but the end of a message's way in is the real codec: the handshake, the
frames, pings, the closing, and for text the limits and the UTF-8.
"""

from __future__ import annotations

from websockets.frames import Frame, Opcode

from implementations.core.events import Event, Reply
from implementations.core.settings import Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import WebSocketCodec


__all__ = ["EchoCodec"]


class EchoCodec(WebSocketCodec):
    """A codec that answers each message with itself, where the real one makes a line of it.

    Binary is allowed, control characters stay, and an empty message is one.
    """

    def __init__(self, settings: Settings, site: Site) -> None:
        super().__init__(settings, site)
        self._opcode = Opcode.TEXT  # of the message that is coming in
        self._payload = bytearray()

    def _feed_data_frame(self, frame: Frame, events: list[Event]) -> tuple[int, str] | None:
        if frame.opcode is not Opcode.CONT:
            self._opcode = frame.opcode
        if self._opcode is Opcode.TEXT:
            lines: list[Event] = []  # nobody's: control characters are gone from them
            offence = super()._feed_data_frame(frame, lines)
            if offence:
                return offence
        self._payload += frame.data
        if frame.fin:
            echo = Frame(self._opcode, bytes(self._payload))
            events.append(Reply(echo.serialize(mask=False)))
            self._payload.clear()
        return None
