"""Lesson 01: one owner.

The map of outboxes belongs to one thread, the owner. The owner executes `run`, and no
other thread touches the map. Other threads put a command into the inbox and continue.

An outbox has

    put_nowait(line)   queues a line, or raises queue.Full; never waits
    put(line)          queues a line; waits while the outbox is full
    close()            no more lines will come: the write pump can end

Judge it with `hubbub check 01`; `hubbub check 01 --hint` helps.
"""

from __future__ import annotations

import queue


class Hub:
    """A chat room that one thread owns."""

    def __init__(self) -> None:
        self._inbox = queue.SimpleQueue()
        self._outboxes = {}  # name -> outbox

    def run(self):
        """Own the room: execute one command after the other, for ever."""
        while True:
            match self._inbox.get():
                case ("join", name, outbox):
                    self._tell(f"* {name} joined")
                    self._outboxes[name] = outbox
                    outbox.put_nowait(f"* you are {name}")
                case ("leave", name):
                    # TODO: this client's write pump still waits for its outbox to close.
                    # TODO: what if the room has no member of that name?
                    del self._outboxes[name]
                    self._tell(f"* {name} left")

    def join(self, name, outbox):
        """Ask the owner to let a newcomer in."""
        self._inbox.put(("join", name, outbox))

    def say(self, name, text):
        """Ask the owner to tell everyone, the speaker too."""
        # TODO: this runs in the speaker's thread, but the map belongs to the owner.
        self._tell(f"{name}: {text}")

    def leave(self, name):
        """Ask the owner to let a member go."""
        self._inbox.put(("leave", name))

    def _tell(self, line):
        """Put a line into every outbox. Only the owner may call this."""
        # TODO: what if an outbox is full?
        for outbox in self._outboxes.values():
            outbox.put_nowait(line)
