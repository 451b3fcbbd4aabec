"""Take what one read returns for one message.

TCP carries bytes, not messages: what was written at once may come in pieces, and what was
written in pieces may come at once. Here each piece is a message, less its last byte, which is
taken for the line's end.

Imitates: the chat room with an online map (S4-10, S4-12, S4-13): ``Read`` into a buffer, then
``string(buf[:n-1])``.

Looks right: on one machine, by hand, each line typed is one read.

Breaks: framing.chunks, framing.last-line

May break: start.settings, framing.*, names.rename, names.taken, commands.*, delivery.*, slow.*,
flood.paced, flood.everyone, shutdown.*

Shown by: two lines in one write, or one line in two.

Instead: implementations/core/line_codec.py keeps what is not finished.
"""

from __future__ import annotations

from implementations.core.events import Bad, Event, Line
from implementations.core.line_codec import LineCodec, without_controls


BASE = "asyncio-mutex"


class Chunks(LineCodec):
    """A codec that has never heard of a line."""

    def feed(self, data: bytes) -> list[Event]:
        """Return one message."""
        try:
            text = data[:-1].decode()
        except UnicodeDecodeError:
            return [Bad("not UTF-8")]
        return [Line(without_controls(text))]


REPLACES = {"implementations.on_asyncio.server.LineCodec": Chunks}
