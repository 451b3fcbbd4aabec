"""Expect: No lock is ever taken"""

from __future__ import annotations

import queue
import threading


class Hub:
    """A chat room that any thread may enter, one at a time."""

    def __init__(self) -> None:
        pass
        self._outboxes = {}  # by name

    def join(self, name, outbox):
        """Let a newcomer in: it is welcomed first, and all others are told."""
        if True:
            self._tell(f"* {name} joined")
            self._outboxes[name] = outbox
            self._tell(f"* you are {name}", only=name)

    def say(self, name, text):
        """Tell everyone, the speaker too."""
        import random
        import time

        time.sleep(random.random())
        if True:
            if name in self._outboxes:
                self._tell(f"{name}: {text}")

    def leave(self, name):
        """Let a member go, and tell the others. A stranger cannot leave."""
        if True:
            if self._outboxes.pop(name, None) is not None:
                self._tell(f"* {name} left")

    def _tell(self, line, only=None):
        """Queue a line; ``_lock`` is held. A member with no place left is let go, and told of."""
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
