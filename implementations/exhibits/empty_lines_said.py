"""Say what is empty.

A line without anything in it is passed on like any other: a name, a colon and nothing.

Imitates: the chat room with an online map (S4-17), where a line feed every few seconds keeps a
program from being timed out, and shows everyone an empty line.

Looks right: a line is a line.

Breaks: framing.empty

Shown by: someone who leans on the return key.

Instead: implementations/core/line_codec.py ignores it.
"""

from __future__ import annotations

from implementations.core.commands import Command, Nothing, Say, parse
from implementations.core.events import Event, Line
from implementations.core.line_codec import LineCodec


BASE = "asyncio-mutex"


class Literal(LineCodec):
    """A codec to which a line is a line."""

    def feed_eof(self) -> list[Event]:
        """Return what the end of the stream completes, if there is anything to complete."""
        return super().feed_eof() if self._partial else []

    def _end_line(self, ended: bytearray, events: list[Event]) -> None:
        if not ended and not self._refused:
            events.append(Line(""))
        super()._end_line(ended, events)


def parse_all(line: str) -> Command:
    """Return what ``line`` asks for; nothing is something."""
    command = parse(line)
    return Say("") if isinstance(command, Nothing) and not line else command


REPLACES = {
    "implementations.on_asyncio.server.LineCodec": Literal,
    "implementations.on_asyncio.connection.parse": parse_all,
}
