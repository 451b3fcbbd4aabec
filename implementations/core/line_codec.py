"""The TCP door: bytes in, lines out, and back.

Mirrored by websocket_codec.py, which has the same methods for the other door.

Invariants:
  1. How the bytes were cut on their way makes no difference to what comes out.
  2. Of a line that is not finished it holds at most ``max_line`` bytes and a
     ``\\r``; of one that is too long, nothing.
"""

from __future__ import annotations

import unicodedata

from implementations.core.causes import Cause
from implementations.core.events import Bad, Event, Line
from implementations.core.message import TCP, Door
from implementations.core.settings import Settings


__all__ = ["LineCodec", "without_controls"]

# Controls and line breaks: what could cut a line in two, or move a cursor, at another client's.
_CONTROLS = {
    point: " "
    for point in (*range(0x00A0), 0x2028, 0x2029)
    if unicodedata.category(chr(point)) in ("Cc", "Zl", "Zp")
}


def without_controls(text: str) -> str:
    """Return ``text`` with every control character and line break made a space."""
    return text if text.isprintable() else text.translate(_CONTROLS)


class LineCodec:
    """One TCP client's framing. For one connection, fed by its read pump alone.

    Attributes:
        door: which encoding of a `Message` is its.
        opening: whether the client must still finish a handshake.
        silence_s: how long it may show no life, in seconds.
        ping_interval_s: how often to ping it, in seconds; None is never.
    """

    door: Door = TCP
    opening = False
    ping_interval_s: float | None = None

    def __init__(self, settings: Settings) -> None:
        self.silence_s = settings.idle_timeout
        self._max_line = settings.max_line
        self._partial = bytearray()
        self._refused = False  # the line that is coming in was too long

    def feed(self, data: bytes) -> list[Event]:
        """Return what ``data`` completes."""
        events: list[Event] = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._extend(piece, events)
            self._end_line(self._partial.removesuffix(b"\r"), events)
        self._extend(rest, events)
        return events

    def feed_eof(self) -> list[Event]:
        """Return what the end of the stream completes: a last line without ``\\n`` counts."""
        events: list[Event] = []
        if len(self._partial) > self._max_line:  # by a '\r' that no '\n' came to claim
            self._refuse(events)
        self._end_line(self._partial, events)
        return events

    def accept(self) -> bytes:
        """Return what lets the client in: nothing, on this door."""
        return b""

    def reject(self, reason: str) -> bytes:
        """Return what tells the client why it is not let in. Instead of ``accept``."""
        return f"! {reason}\n".encode()

    def ping(self) -> bytes:
        """Return a ping: this door has none."""
        return b""

    def farewell(self, cause: Cause) -> bytes:
        """Return the last bytes before the end."""
        return f"{cause.notice}\n".encode() if cause.notice else b""

    def _extend(self, piece: bytes, events: list[Event]) -> None:
        if self._refused or not piece:
            return
        size_bytes = len(self._partial) + len(piece)
        # A '\r' may stand one byte past the limit: it belongs to the '\n' that may follow.
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
