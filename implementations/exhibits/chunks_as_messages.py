"""Treat what one read returns as one message.

TCP carries bytes, not messages: several writes may arrive in one read, and one write in several
reads. This server treats what each read returns as one message, and cuts its last byte, which it
takes for the line's end.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), which reads into a buffer
and drops the last byte.

Looks right: on one machine, with lines typed by hand, each read returns one line.

Breaks: framing.chunks, framing.last-line

May break: start.settings, framing.*, names.rename, names.taken, commands.*, delivery.*, slow.*,
flood.*, names.invisible, names.marks, shutdown.*

Shown by: two lines in one write, or one line in two writes.

Instead: implementations/core/line_codec.py keeps an unfinished line until the rest of it arrives.
"""

from __future__ import annotations

from implementations.core.events import Bad, Event, Line
from implementations.core.line_codec import LineCodec, without_controls


BASE = "asyncio-mutex"


class Chunks(LineCodec):
    """A codec that does not look for line ends."""

    def feed(self, data: bytes) -> list[Event]:
        """Return one message, whatever ``data`` holds."""
        try:
            text = data[:-1].decode()
        except UnicodeDecodeError:
            return [Bad("not UTF-8")]
        return [Line(without_controls(text))]


REPLACES = {"implementations.on_asyncio.server.LineCodec": Chunks}
