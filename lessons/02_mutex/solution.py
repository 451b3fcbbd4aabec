"""Lesson 02, solved: one lock around every step, and no waiting inside it."""

from __future__ import annotations

import queue
import threading


class Hub:
    """A chat room that any thread may enter, one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _outboxes
        self._outboxes = {}  # name -> outbox

    def join(self, name, outbox):
        """Let a newcomer in: its welcome comes first, and all others are told."""
        with self._lock:
            self._tell(f"* {name} joined")
            self._outboxes[name] = outbox
            self._tell(f"* you are {name}", only=name)

    def say(self, name, text):
        """Tell everyone, the speaker too."""
        with self._lock:
            if name in self._outboxes:
                self._tell(f"{name}: {text}")

    def leave(self, name):
        """Let a member go, and tell the others. Ignore a name that is not in the room."""
        with self._lock:
            if self._outboxes.pop(name, None) is not None:
                self._tell(f"* {name} left")

    def _tell(self, line, only=None):
        """Queue a line, and remove each client whose outbox is full. Needs ``_lock``."""
        gone = []
        for name, outbox in self._outboxes.items():
            if only in (None, name):
                try:
                    outbox.put_nowait(line)
                except queue.Full:
                    gone.append(name)
        for name in gone:
            del self._outboxes[name]
        for name in gone:
            self._tell(f"* {name} was too slow")
