"""Lesson 02: guard the map.

Every client has its own thread, and all threads call these methods. Nothing guards the
map of outboxes that they share, so the room's promises break.

An outbox has

    put_nowait(line)   queues a line, or raises queue.Full; never waits
    put(line)          queues a line; waits while the outbox is full

Judge it with `hubbub check 02`; `hubbub check 02 --hint` helps.
"""

from __future__ import annotations

import queue  # noqa: F401  you may want queue.Full
import threading  # noqa: F401


class Hub:
    """A chat room that any thread may enter."""

    def __init__(self) -> None:
        self._outboxes = {}  # name -> outbox

    def join(self, name, outbox):
        """Let a newcomer in: its welcome comes first, and all others are told."""
        for other in self._outboxes.values():
            other.put_nowait(f"* {name} joined")
        self._outboxes[name] = outbox
        outbox.put_nowait(f"* you are {name}")

    def say(self, name, text):
        """Tell everyone, the speaker too."""
        # TODO: two threads may be here at the same time, and a client may not be reading.
        for outbox in self._outboxes.values():
            outbox.put(f"{name}: {text}")

    def leave(self, name):
        """Let a member go, and tell the others. Ignore a name that is not in the room."""
        if self._outboxes.pop(name, None) is None:
            return
        for other in self._outboxes.values():
            other.put_nowait(f"* {name} left")
