"""End a connection without a word when a line is too long.

A line over the limit ends the loop that reads, and the end of that loop ends the connection. The
other clients see an ordinary departure. The author of the line gets no explanation.

Imitates: a Go broadcaster (docs/provenance.md#text-3), whose line scanner stops at 64 KiB with an
error that nothing looks at.

Looks right: the loop ends at the end of the input. It also ends at any error.

Breaks: framing.too-long

May break: start.settings, framing.bounded

Shown by: a line longer than the limit.

Instead: implementations/core/line_codec.py refuses the line with an error message and keeps the
connection.
"""

from __future__ import annotations

from implementations.core.events import Closing, Event
from implementations.core.line_codec import LineCodec


BASE = "asyncio-mutex"


class Strict(LineCodec):
    """A codec that ends the connection at a line that is too long."""

    def _refuse(self, events: list[Event]) -> None:
        super()._refuse(events)
        events[-1] = Closing()


REPLACES = {"implementations.on_asyncio.server.LineCodec": Strict}
