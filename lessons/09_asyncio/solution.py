"""Lesson 09, solved: no lock, and no await between the first outbox and the last."""

from __future__ import annotations

import queue


class Hub:
    """A chat room that any task may enter. No method awaits, so each is one step."""

    def __init__(self) -> None:
        self._outboxes = {}  # name -> outbox

    async def join(self, name, outbox):
        """Let a newcomer in: its welcome comes first, and all others are told."""
        self._tell(f"* {name} joined")
        self._outboxes[name] = outbox
        self._tell(f"* you are {name}", only=name)

    async def say(self, name, text):
        """Tell everyone, the speaker too."""
        if name in self._outboxes:
            self._tell(f"{name}: {text}")

    async def leave(self, name):
        """Let a member go, and tell the others. Ignore a name that is not in the room."""
        if self._outboxes.pop(name, None) is not None:
            self._tell(f"* {name} left")

    def _tell(self, line, only=None):
        """Queue a line for all, or for one. A plain function: no other task can run meanwhile."""
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
