"""Lesson 01, solved: one thread owns the map, and one inbox holds its commands."""

from __future__ import annotations

import queue


class Hub:
    """A chat room that one thread owns."""

    def __init__(self) -> None:
        self._inbox = queue.SimpleQueue()
        self._outboxes = {}  # name -> outbox; only the owner touches it

    def run(self):
        """Own the room: execute one command after the other, for ever."""
        while True:
            match self._inbox.get():
                case ("join", name, outbox):
                    self._tell(f"* {name} joined")
                    self._outboxes[name] = outbox
                    self._tell(f"* you are {name}", only=name)
                case ("say", name, text):
                    if name in self._outboxes:
                        self._tell(f"{name}: {text}")
                case ("leave", name):
                    self._let_go(name, "left")

    def join(self, name, outbox):
        """Ask the owner to let a newcomer in."""
        self._inbox.put(("join", name, outbox))

    def say(self, name, text):
        """Ask the owner to tell everyone, the speaker too."""
        self._inbox.put(("say", name, text))

    def leave(self, name):
        """Ask the owner to let a member go."""
        self._inbox.put(("leave", name))

    def _tell(self, line, only=None):
        """Put a line into every outbox, or into one. Remove a client whose outbox is full."""
        slow = []
        for name, outbox in self._outboxes.items():
            if only in (None, name):
                try:
                    outbox.put_nowait(line)
                except queue.Full:
                    slow.append(name)
        for name in slow:
            self._let_go(name, "was too slow")

    def _let_go(self, name, how):
        """Remove a client once. It leaves the map first, so no line follows the close."""
        outbox = self._outboxes.pop(name, None)
        if outbox is not None:
            outbox.close()
            self._tell(f"* {name} {how}")
