"""A log in this process: for one node alone, for tests and for replays.

Nodes that share a `MemoryLog` share a room.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from implementations.engines import EngineRefuses


__all__ = ["MemoryEngine", "MemoryLog"]


class MemoryLog:
    """Entries and a snapshot, for engines in one event loop.

    Attributes:
        entries: those that are still here, oldest first.
        dropped: how many older ones are gone.
        snapshot: the last one.
    """

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.dropped = 0
        self.snapshot: bytes | None = None
        self.grown = asyncio.Condition()

    @property
    def end(self) -> int:
        """The place of the last entry: places count from 1."""
        return self.dropped + len(self.entries)


class MemoryEngine:
    """One node's view of a `MemoryLog`. See `Engine` for the methods."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    async def open(self) -> None:
        """There is nothing to connect to."""

    async def append(self, data: bytes) -> None:
        """Append an entry. It never fails."""
        async with self._log.grown:
            self._log.entries.append(data)
            self._log.grown.notify_all()

    async def follow(self, place: int) -> AsyncIterator[tuple[int, bytes]]:
        """Yield the entries after ``place``."""
        log = self._log
        while True:
            async with log.grown:
                while log.end <= place:
                    await log.grown.wait()
            if place < log.dropped:
                raise EngineRefuses(f"entry {place + 1} is gone: begin with the snapshot")
            place += 1
            yield place, log.entries[place - log.dropped - 1]

    async def end(self) -> int:
        """Return the place of the last entry."""
        return self._log.end

    async def save(self, place: int, snapshot: bytes) -> None:
        """Keep a snapshot, and drop the entries that it contains."""
        log = self._log
        log.snapshot = snapshot
        del log.entries[: max(0, place - log.dropped)]
        log.dropped = max(log.dropped, place)

    async def load(self) -> bytes | None:
        """Return the last snapshot."""
        return self._log.snapshot

    async def close(self) -> None:
        """There is nothing to disconnect from."""
