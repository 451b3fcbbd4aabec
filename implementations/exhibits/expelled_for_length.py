"""End the connection of who says too much, without a word.

A line over the limit ends the reader's loop, and the end of the loop is the end of the client.
The others see an ordinary departure, and its author sees nothing at all.

Imitates: the broadcaster (S2-03): a scanner that stops at 64 KiB, and an error that is not looked
at.

Looks right: the loop ends at the end of the input. It also ends at any error.

Breaks: framing.too-long

May break: start.settings, framing.bounded

Shown by: a line longer than the limit.

Instead: implementations/core/line_codec.py refuses the line with a message, and goes on.
"""

from __future__ import annotations

from implementations.core.events import Closing, Event
from implementations.core.line_codec import LineCodec


BASE = "asyncio-mutex"


class Strict(LineCodec):
    """A codec for which a line too long is the last one."""

    def _refuse(self, events: list[Event]) -> None:
        super()._refuse(events)
        events[-1] = Closing()


REPLACES = {"implementations.on_asyncio.server.LineCodec": Strict}
