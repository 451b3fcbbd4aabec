"""Cut the line feed and keep the carriage return.

Many terminals and programs end a line with two bytes, a carriage return and a line feed. This
server cuts only the line feed. The carriage return stays and becomes a space, so ``who`` is no
longer a command, and an empty line is a message with one space in it.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), where ``who`` and
``rename|`` fail for clients on Windows.

Looks right: a line ends with a line feed, and the server cuts that.

Breaks: framing.crlf

May break: framing.empty

Shown by: a client whose lines end with ``\\r\\n``.

Instead: implementations/core/line_codec.py counts one ``\\r`` right before the ``\\n`` as part of
the line's end.
"""

from __future__ import annotations

from implementations.core.events import Event
from implementations.core.line_codec import LineCodec


BASE = "asyncio-mutex"


class Literal(LineCodec):
    """A codec that knows only one kind of line end."""

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
