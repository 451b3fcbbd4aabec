"""The TCP door: bytes in, lines out, and back.

Mirrored by websocket_codec.py, which has the same methods for the other door.

Invariants:
  1. The same bytes give the same events, however the network cuts them into pieces.
  2. It keeps at most ``max_line`` bytes and one ``\\r`` of an unfinished line, and nothing of
     a line that is too long, except the last 10 bytes of the first line.
  3. When the first line is an HTTP request line, nothing that the peer sends becomes a `Line`.
"""

from __future__ import annotations

import re
import unicodedata

from implementations.core.causes import Cause
from implementations.core.events import Bad, Closing, Event, Line
from implementations.core.message import TCP, Door
from implementations.core.settings import Settings


__all__ = ["LineCodec", "without_controls"]

NO_HTTP = "no HTTP here: this door takes lines of text"

# The first line of every HTTP request. A page of any site can make a browser send one, with lines
# of the page's choice behind it, so such a peer must not be heard.
_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP/[0-9]\.[0-9]")
# The end of a request line, when the line is too long to be kept.
_VERSION = re.compile(rb" HTTP/[0-9]\.[0-9]\r?\Z")
_VERSION_BYTES = len(" HTTP/1.1\r")

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
        self._first = True  # whether no line has ended yet; empty lines do not count
        self._tail = b""  # the last bytes of the first line
        self._over = False  # whether the peer speaks HTTP: ignore what still comes

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that ``data`` completes."""
        events: list[Event] = []
        if self._over:
            return events
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._extend(piece, events)
            self._end_line(self._partial.removesuffix(b"\r"), events)
            if self._over:
                return events
        self._extend(rest, events)
        return events

    def feed_eof(self) -> list[Event]:
        """Return the events that the end of the stream completes: a last line may lack ``\\n``."""
        events: list[Event] = []
        if self._over:
            return events
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
        if self._first:
            self._tail = (self._tail + piece[-_VERSION_BYTES:])[-_VERSION_BYTES:]
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
        if self._first and (line or self._refused):
            self._first = False
            if _is_request_line(line, self._tail):
                self._over = True
                events += [Bad(NO_HTTP), Closing()]
                return
        self._partial.clear()
        self._refused = False
        self._tail = b""
        if not line:
            return
        try:
            text = line.decode()
        except UnicodeDecodeError:
            events.append(Bad("not UTF-8"))
        else:
            events.append(Line(without_controls(text)))


def _is_request_line(line: bytes, tail: bytes) -> bool:
    """Whether a peer speaks HTTP, to judge by its first line.

    Args:
        line: the line; empty if it was too long.
        tail: the last bytes of the line.
    """
    if line:
        return _REQUEST_LINE.fullmatch(line) is not None  # a token, a target, and the version
    return _VERSION.search(tail) is not None
