"""Expect: No lock helps"""

from __future__ import annotations

import asyncio
import queue


class Hub:
    """A chat room that any task may enter. No method awaits, so each is one step."""

    def __init__(self) -> None:
        self._outboxes = {}  # by name
        self._lock = asyncio.Lock()

    async def join(self, name, outbox):
        """Let a newcomer in: it is welcomed first, and all others are told."""
        async with self._lock:
            self._tell(f"* {name} joined")
            self._outboxes[name] = outbox
            self._tell(f"* you are {name}", only=name)

    async def say(self, name, text):
        """Tell everyone, the speaker too."""
        async with self._lock:
            for outbox in list(self._outboxes.values()):
                await outbox.send(f"{name}: {text}")

    async def leave(self, name):
        """Let a member go, and tell the others. A stranger cannot leave."""
        async with self._lock:
            if self._outboxes.pop(name, None) is not None:
                self._tell(f"* {name} left")

    def _tell(self, line, only=None):
        """Queue a line for all, or for one. A plain function: nobody can come in between."""
        slow = []
        for name, outbox in self._outboxes.items():
            if only in (None, name):
                try:
                    outbox.put_nowait(line)
                except queue.Full:
                    slow.append(name)
        for name in slow:
            del self._outboxes[name]
        for name in slow:
            self._tell(f"* {name} was too slow")
