"""Lesson 02: guard the map.

Every client has a thread of its own, and each thread calls these methods. Nothing
guards the map of outboxes between them, so the room's promises break.

An outbox has

    put_nowait(line)   queues a line, or raises queue.Full; never waits
    put(line)          queues a line, and waits for a place where there is none

Judge it with `hubbub check 02`; `hubbub check 02 --hint` helps.
"""

from __future__ import annotations

import queue  # noqa: F401  you may want queue.Full
import threading  # noqa: F401


class Hub:
    """A chat room that any thread may enter."""

    def __init__(self) -> None:
        self._outboxes = {}  # by name

    def join(self, name, outbox):
        """Let a newcomer in: it is welcomed first, and all others are told."""
        for other in self._outboxes.values():
            other.put_nowait(f"* {name} joined")
        self._outboxes[name] = outbox
        outbox.put_nowait(f"* you are {name}")

    def say(self, name, text):
        """Tell everyone, the speaker too."""
        # TODO: two threads are in here at the same time, and a member may not be reading.
        for outbox in self._outboxes.values():
            outbox.put(f"{name}: {text}")

    def leave(self, name):
        """Let a member go, and tell the others. Whoever is not in cannot leave."""
        if self._outboxes.pop(name, None) is None:
            return
        for other in self._outboxes.values():
            other.put_nowait(f"* {name} left")
