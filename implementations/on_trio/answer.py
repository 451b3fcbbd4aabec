"""The answer that one task waits for and another task gives: a future, in the other runtimes.

Trio has no futures, on purpose: an error would stay hidden in a future that no task waits
for. Here a task always waits, so one event and two attributes are enough.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import trio


__all__ = ["Answer"]

T = TypeVar("T")


class Answer(Generic[T]):
    """A result or an exception that comes later. One task gives it, and one waits for it."""

    def __init__(self) -> None:
        self._given = trio.Event()
        self._results: list[T] = []  # one result, or none when there is an error
        self._error: Exception | None = None

    def set_result(self, result: T) -> None:
        """Give the result. Never waits. The task that asked may be gone."""
        self._results.append(result)
        self._given.set()

    def set_exception(self, error: Exception) -> None:
        """Make `wait` raise ``error``. Never waits."""
        self._error = error
        self._given.set()

    async def wait(self) -> T:
        """Wait for the answer, and return or raise it. Cancel-safe."""
        await self._given.wait()
        if self._error is not None:
            raise self._error
        return self._results[0]
