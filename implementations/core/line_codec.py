"""The TCP door: bytes in, lines out, and back.

Mirrored by websocket_codec.py, which has the same methods for the other door.

Invariants:
  1. The same bytes give the same events, however the network cuts them into pieces.
  2. It keeps at most ``max_line`` bytes and one ``\\r`` of an unfinished line, and nothing of
     a line that is too long.
"""

from __future__ import annotations

import unicodedata

from implementations.core.causes import Cause
from implementations.core.events import Bad, Event, Line
from implementations.core.message import TCP, Door
from implementations.core.settings import Settings


__all__ = ["LineCodec", "without_controls"]

# Control characters and line breaks: they could cut a line in two, or move the cursor on the
# screen of another client.
_CONTROLS = {
    point: " "
    for point in (*range(0x00A0), 0x2028, 0x2029)
    if unicodedata.category(chr(point)) in ("Cc", "Zl", "Zp")
}


def without_controls(text: str) -> str:
    """Return ``text`` with a space in the place of each control character and line break."""
    return text if text.isprintable() else text.translate(_CONTROLS)


class LineCodec:
    """The framing of one TCP client. Only the client's read pump may feed it.

    Attributes:
        door: which encoding of a `Message` the client gets.
        opening: whether the client has not finished its handshake yet.
        silence_s: how long the client may be silent, in seconds.
        ping_interval_s: how often to ping the client, in seconds; None means never.
    """

    door: Door = TCP
    opening = False
    ping_interval_s: float | None = None

    def __init__(self, settings: Settings) -> None:
        self.silence_s = settings.idle_timeout
        self._max_line = settings.max_line
        self._partial = bytearray()
        self._refused = False  # whether the line that is coming in is too long

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that ``data`` completes."""
        events: list[Event] = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._extend(piece, events)
            self._end_line(self._partial.removesuffix(b"\r"), events)
        self._extend(rest, events)
        return events

    def feed_eof(self) -> list[Event]:
        """Return the events that the end of the stream completes: a last line may lack ``\\n``."""
        events: list[Event] = []
        if len(self._partial) > self._max_line:  # its last byte is a '\r', and no '\n' came
            self._refuse(events)
        self._end_line(self._partial, events)
        return events

    def accept(self) -> bytes:
        """Return the bytes that let the client in: none at this door."""
        return b""

    def reject(self, reason: str) -> bytes:
        """Return the bytes that tell the client why it is not let in. Use instead of ``accept``."""
        return f"! {reason}\n".encode()

    def ping(self) -> bytes:
        """Return a ping: none at this door."""
        return b""

    def farewell(self, cause: Cause) -> bytes:
        """Return the last bytes that the client gets."""
        return f"{cause.notice}\n".encode() if cause.notice else b""

    def _extend(self, piece: bytes, events: list[Event]) -> None:
        if self._refused or not piece:
            return
        size_bytes = len(self._partial) + len(piece)
        # One '\r' may pass the limit: if a '\n' follows, the '\r' belongs to the line's end.
        if size_bytes - piece.endswith(b"\r") > self._max_line:
            self._refuse(events)
        else:
            self._partial += piece

    def _refuse(self, events: list[Event]) -> None:
        self._refused = True
        self._partial.clear()
        events.append(Bad(f"line too long (max {self._max_line} bytes)"))

    def _end_line(self, ended: bytearray, events: list[Event]) -> None:
        line = bytes(ended)
        self._partial.clear()
        self._refused = False
        if not line:
            return
        try:
            text = line.decode()
        except UnicodeDecodeError:
            events.append(Bad("not UTF-8"))
        else:
            events.append(Line(without_controls(text)))
