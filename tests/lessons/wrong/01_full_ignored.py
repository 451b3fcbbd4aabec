"""Expect: a gap that nobody tells her of"""

from __future__ import annotations

import queue


class Hub:
    """A chat room that one thread owns."""

    def __init__(self) -> None:
        self._inbox = queue.SimpleQueue()
        self._outboxes = {}  # by name; the owner's alone

    def run(self):
        """Own the room: carry out one command after the other, for ever."""
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
        """Put a line into every outbox, or into one. Whoever has no place left is let go."""
        slow = []
        for name, outbox in self._outboxes.items():
            if only in (None, name):
                try:
                    outbox.put_nowait(line)
                except queue.Full:
                    pass
        for name in slow:
            self._let_go(name, "was too slow")

    def _let_go(self, name, how):
        """End a stay, once: take it out first, so that nothing comes behind the end."""
        outbox = self._outboxes.pop(name, None)
        if outbox is not None:
            outbox.close()
            self._tell(f"* {name} {how}")
