"""Pass on empty lines.

The server passes on a line with nothing in it like any other line: a name, a colon and nothing.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), where a line feed every
few seconds keeps a program from being timed out, and shows everyone an empty line.

Looks right: all lines are treated alike.

Breaks: framing.empty

Shown by: a client that sends an empty line.

Instead: implementations/core/line_codec.py ignores empty lines.
"""

from __future__ import annotations

from implementations.core.commands import Command, Nothing, Say, parse
from implementations.core.events import Event, Line
from implementations.core.line_codec import LineCodec


BASE = "asyncio-mutex"


class Literal(LineCodec):
    """A codec that returns empty lines, too."""

    def feed_eof(self) -> list[Event]:
        """Return the last, unfinished line, if there is one."""
        return super().feed_eof() if self._partial else []

    def _end_line(self, ended: bytearray, events: list[Event]) -> None:
        if not ended and not self._refused:
            events.append(Line(""))
        super()._end_line(ended, events)


def parse_all(line: str) -> Command:
    """Return what ``line`` asks for; an empty line is a message."""
    command = parse(line)
    return Say("") if isinstance(command, Nothing) and not line else command


REPLACES = {
    "implementations.on_asyncio.server.LineCodec": Literal,
    "implementations.on_asyncio.connection.parse": parse_all,
}
