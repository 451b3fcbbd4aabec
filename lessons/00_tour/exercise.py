"""Lesson 00: the smallest room.

No threads and no sockets yet: one caller makes one call after the other. Each member has
an outbox, and `outbox.put_nowait(line)` gives a line to its client.

    anna joins     anna gets "* you are anna", all others get "* anna joined"
    anna says hi   all get "anna: hi", anna too
    anna leaves    all others get "* anna left", and anna gets nothing more

Judge it with `hubbub check 00`; `hubbub check 00 --hint` helps.
"""

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
        """Send a line to everyone, the speaker too, with the speaker's name."""
        # TODO: until now only the speaker hears the line.
        self._outboxes[name].put_nowait(text)

    def leave(self, name):
        """Let a member go, and tell the others. Ignore a name that is not in the room."""
        # TODO
