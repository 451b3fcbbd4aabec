"""Lesson 05: a fair pump.

The pump stands between the talkers and the room. One read of a talker's socket brings
some lines, perhaps hundreds, perhaps none: `add`. The room takes lines when every outbox
has a place: `take`, with one credit per place. The pump decides whose line is next:

    no line is lost, and the lines of each talker stay in order
    one line per turn: every waiting talker has a turn before any has a second one
    no credit is left over while a line waits

A talker with `most` or more waiting lines is not read until it has fewer: `wants`.

Judge it with `hubbub check 05`; `hubbub check 05 --hint` helps.
"""

from __future__ import annotations


class Pump:
    """The lines that talkers have said and the room has not taken yet."""

    def __init__(self, most) -> None:
        self.most = most
        self._lines = []

    def add(self, talker, lines):
        """Add the lines that one read of a talker's socket brought."""
        # TODO: the talker that says most fills most of this list
        self._lines += [(talker, line) for line in lines]

    def wants(self, talker):
        """Tell whether the server should read this talker's socket now."""
        # TODO: this never holds a talker back
        return True

    def take(self, credit):
        """Return up to `credit` lines as (talker, line), in fair turns."""
        # TODO: turns
        taken, self._lines = self._lines[:credit], self._lines[credit:]
        return taken
