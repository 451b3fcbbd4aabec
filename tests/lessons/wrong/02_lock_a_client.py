"""Expect: keeps out only the threads that take it"""

from __future__ import annotations

import queue
import threading


class Hub:
    """A chat room with a lock for each client."""

    def __init__(self) -> None:
        self._outboxes = {}
        self._locks = {}

    def join(self, name, outbox):
        for other, box in list(self._outboxes.items()):
            with self._locks[other]:
                box.put_nowait(f"* {name} joined")
        self._locks[name] = threading.Lock()
        self._outboxes[name] = outbox
        with self._locks[name]:
            outbox.put_nowait(f"* you are {name}")

    def say(self, name, text):
        for other, box in list(self._outboxes.items()):
            with self._locks[other]:
                try:
                    box.put_nowait(f"{name}: {text}")
                except queue.Full:
                    self._outboxes.pop(other, None)

    def leave(self, name):
        if self._outboxes.pop(name, None) is None:
            return
        for other, box in list(self._outboxes.items()):
            with self._locks[other]:
                box.put_nowait(f"* {name} left")
