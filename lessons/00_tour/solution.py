"""Lesson 00, solved: a map of outboxes and a loop over it."""

from __future__ import annotations


class Hub:
    """A chat room."""

    def __init__(self) -> None:
        self._outboxes = {}  # name -> outbox, in order of arrival

    def join(self, name, outbox):
        """Let a newcomer in: welcome it, and tell all others."""
        for other in self._outboxes.values():
            other.put_nowait(f"* {name} joined")
        self._outboxes[name] = outbox
        outbox.put_nowait(f"* you are {name}")

    def say(self, name, text):
        """Send a line to everyone, with its speaker's name. Ignore a speaker that is not in."""
        if name in self._outboxes:
            for outbox in self._outboxes.values():
                outbox.put_nowait(f"{name}: {text}")

    def leave(self, name):
        """Let a member go, and tell the others. Ignore a name that is not in the room."""
        if self._outboxes.pop(name, None) is not None:
            for other in self._outboxes.values():
                other.put_nowait(f"* {name} left")
