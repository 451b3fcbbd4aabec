"""What one task asks for and another brings: asyncio and threads call it a future.

Trio has none, on purpose: a task that nobody waits for would hide its errors in
one. Here somebody always waits, so one event and two places will do.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import trio


__all__ = ["Answer"]

T = TypeVar("T")


class Answer(Generic[T]):
    """A result, or an exception, that comes later. One task gives it, one waits for it."""

    def __init__(self) -> None:
        self._given = trio.Event()
        self._results: list[T] = []  # one of them, or none when there is an error
        self._error: Exception | None = None

    def set_result(self, result: T) -> None:
        """Give the result. Never waits; nobody may be waiting any more."""
        self._results.append(result)
        self._given.set()

    def set_exception(self, error: Exception) -> None:
        """Have `wait` raise ``error``. Never waits."""
        self._error = error
        self._given.set()

    async def wait(self) -> T:
        """Wait for the answer and return it, or raise it. Cancel-safe."""
        await self._given.wait()
        if self._error is not None:
            raise self._error
        return self._results[0]
