"""Count the line's end as part of the line.

The limit is meant for the text. This server counts the ``\\n``, too, so it refuses a line of
exactly the limit that the documentation names.

Imitates: any buffer of ``max`` bytes that must also hold the terminator.

Looks right: ``len(line) > max_line``, where ``line`` came from ``readline``.

Breaks: framing.limit

May break: start.settings

Shown by: a line of exactly the limit.

Instead: implementations/core/line_codec.py counts neither ``\\n`` nor the ``\\r`` before it.
"""

from __future__ import annotations

from dataclasses import replace

from implementations.core.events import Event
from implementations.core.line_codec import LineCodec
from implementations.core.settings import Settings


BASE = "asyncio-mutex"


class Short(LineCodec):
    """A codec that accepts one byte less than it says."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(replace(settings, max_line=settings.max_line - 1))

    def _refuse(self, events: list[Event]) -> None:
        self._max_line += 1
        super()._refuse(events)
        self._max_line -= 1


REPLACES = {"implementations.on_asyncio.server.LineCodec": Short}
