"""Lesson 00: the smallest room.

No threads and no sockets yet: one caller, one call after the other. Each member has an
outbox, and `outbox.put_nowait(line)` gives its client a line.

    anna joins     anna gets "* you are anna", all others "* anna joined"
    anna says hi   all get "anna: hi", anna too
    anna leaves    all others get "* anna left", and anna gets nothing more

Judge it with `hubbub check 00`; `hubbub check 00 --hint` helps.
"""

from __future__ import annotations


class Hub:
    """A chat room."""

    def __init__(self) -> None:
        self._outboxes = {}  # by name, in order of arrival

    def join(self, name, outbox):
        """Let a newcomer in: it is welcomed, and all others are told."""
        for other in self._outboxes.values():
            other.put_nowait(f"* {name} joined")
        self._outboxes[name] = outbox
        outbox.put_nowait(f"* you are {name}")

    def say(self, name, text):
        """Tell everyone, the speaker too, and say who said it."""
        # TODO: for now only the speaker hears it.
        self._outboxes[name].put_nowait(text)

    def leave(self, name):
        """Let a member go, and tell the others. Whoever is not in cannot leave."""
        # TODO
