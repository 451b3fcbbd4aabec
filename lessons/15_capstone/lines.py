"""Which bytes are a line: the decoder of lesson 07, for a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator


__all__ = ["Complaint", "lines_of"]

_READ_BYTES = 1 << 16
# What would break a line in two, or move a cursor, at somebody else's.
_CONTROLS = {point: " " for point in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}


class Complaint(str):
    """What was wrong with a line, for its speaker alone."""


async def lines_of(reader: asyncio.StreamReader, max_bytes: int = 4096) -> AsyncIterator[str]:
    """Yield each line, however it was cut on its way, or a `Complaint` about it."""
    decoder = _Decoder(max_bytes)
    while data := await reader.read(_READ_BYTES):
        for line in decoder.feed(data):
            yield line
    for line in decoder.end():
        yield line


class _Decoder:
    """Holds what came of the line that has not ended; nothing of one that is too long."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._line = bytearray()
        self._refused = False

    def feed(self, data: bytes) -> Iterator[str]:
        *ended, rest = data.split(b"\n")
        for piece in ended:
            yield from self._add(piece)
            if self._line.endswith(b"\r"):
                self._line.pop()
            yield from self.end()
        yield from self._add(rest)

    def end(self) -> Iterator[str]:
        """End the line, as a `\\n` does, and the end of the stream."""
        line, self._refused = bytes(self._line), False
        self._line.clear()
        try:
            if line:
                yield line.decode().translate(_CONTROLS)
        except UnicodeDecodeError:
            yield Complaint("not UTF-8")

    def _add(self, piece: bytes) -> Iterator[str]:
        if self._refused:
            return
        self._line += piece
        # A '\r' may stand behind the last byte: it belongs to the '\n' that may follow.
        if len(self._line) - self._line.endswith(b"\r") > self._max_bytes:
            self._line.clear()
            self._refused = True
            yield Complaint(f"line too long (max {self._max_bytes} bytes)")
