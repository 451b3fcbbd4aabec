"""A server with a bug in its handler: ``python -m tests.stress.faulty ID [flags]``.

It is the server that ``hubbub serve`` starts, with one difference: when it reads a line that is
exactly `TRIGGER`, it raises deep inside the connection of that line.
"""

from __future__ import annotations

import sys

from implementations.__main__ import main
from implementations.core.events import Event, Line
from implementations.core.line_codec import LineCodec
from implementations.core.websocket_codec import WebSocketCodec


__all__ = ["TRIGGER"]

TRIGGER = "trigger the bug"


def _break(codec: type[LineCodec] | type[WebSocketCodec]) -> None:
    proper = codec.feed

    def feed(self: LineCodec | WebSocketCodec, data: bytes) -> list[Event]:
        events = proper(self, data)  # type: ignore[arg-type]  # each codec has its own type
        if Line(TRIGGER) in events:
            raise ZeroDivisionError
        return events

    codec.feed = feed  # type: ignore[method-assign]  # the point of this file


if __name__ == "__main__":
    _break(LineCodec)
    _break(WebSocketCodec)
    sys.exit(main())
