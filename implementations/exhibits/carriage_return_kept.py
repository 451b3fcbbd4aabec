"""Cut the line feed and keep the carriage return.

Many terminals and programs end a line with two bytes. The first of them stays, so that ``who``
is no command any more, and an empty line is one that says nothing.

Imitates: the chat room with an online map (S4-11): ``who`` and ``rename|`` fail from Windows.

Looks right: a line ends with a line feed, and that is cut.

Breaks: framing.crlf

May break: framing.empty

Shown by: a client whose lines end with ``\\r\\n``.

Instead: implementations/core/line_codec.py takes one ``\\r`` right before the ``\\n`` for a part
of the line's end.
"""

from __future__ import annotations

from implementations.core.events import Event
from implementations.core.line_codec import LineCodec


BASE = "asyncio-mutex"


class Literal(LineCodec):
    """A codec that knows one kind of line end."""

    def feed(self, data: bytes) -> list[Event]:
        """Return what ``data`` completes."""
        events: list[Event] = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._extend(piece, events)
            self._end_line(self._partial, events)
        self._extend(rest, events)
        return events


REPLACES = {"implementations.on_asyncio.server.LineCodec": Literal}
