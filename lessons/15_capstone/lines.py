"""Turns bytes into lines: the decoder of lesson 07, for a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator


__all__ = ["Complaint", "lines_of"]

_READ_BYTES = 1 << 16
# Characters that would break a line in two, or move the cursor, on a reader's screen.
_CONTROLS = {point: " " for point in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}


class Complaint(str):
    """What is wrong with a line; only its speaker is told."""


async def lines_of(reader: asyncio.StreamReader, max_bytes: int = 4096) -> AsyncIterator[str]:
    """Yield each line, however it was cut on its way, or a `Complaint` about it."""
    decoder = _Decoder(max_bytes)
    while data := await reader.read(_READ_BYTES):
        for line in decoder.feed(data):
            yield line
    for line in decoder.end():
        yield line


class _Decoder:
    """Keeps the line that has not ended yet; of a line that is too long it keeps nothing."""

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
        """Complete the line, as a `\\n` or the end of the stream does."""
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
        # A '\r' after the last byte may belong to a '\n' that follows: do not count it.
        if len(self._line) - self._line.endswith(b"\r") > self._max_bytes:
            self._line.clear()
            self._refused = True
            yield Complaint(f"line too long (max {self._max_bytes} bytes)")
