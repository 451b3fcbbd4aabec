"""Expect: the room says who spoke"""

from __future__ import annotations


class Hub:
    """A chat room."""

    def __init__(self) -> None:
        self._outboxes = {}  # by name, in order of arrival

    def join(self, name, outbox):
        """Let a newcomer in: it is welcomed, and all others are told."""
        for other in self._outboxes.values():
            other.put_nowait(f"* {name} joined")
        self._outboxes[name] = outbox
        outbox.put_nowait(f"* you are {name}")

    def say(self, name, text):
        """Tell everyone, the speaker too, and say who said it. Who is not in says nothing."""
        if name in self._outboxes:
            for outbox in self._outboxes.values():
                outbox.put_nowait(text)

    def leave(self, name):
        """Let a member go, and tell the others. Whoever is not in cannot leave."""
        if self._outboxes.pop(name, None) is not None:
            for other in self._outboxes.values():
                other.put_nowait(f"* {name} left")
