"""Lesson 05: a fair pump.

It stands between the talkers and the room. A read of a talker's socket brings some lines,
perhaps hundreds, perhaps none: `add`. The room takes lines when every outbox has a place:
`take`, with as much credit as there are places. The pump decides whose line is next:

    nothing is lost, and each talker's lines stay in order
    one line a turn: nobody has a second turn before all who wait have had one
    no credit is left over while a line waits

Who has `most` lines or more waiting is not read until it has fewer: `wants`.

Judge it with `hubbub check 05`; `hubbub check 05 --hint` helps.
"""

from __future__ import annotations


class Pump:
    """What talkers have said and the room has not taken yet."""

    def __init__(self, most) -> None:
        self.most = most
        self._lines = []

    def add(self, talker, lines):
        """Take in what one read of a talker's socket brought."""
        # TODO: whoever says most has most of this list
        self._lines += [(talker, line) for line in lines]

    def wants(self, talker):
        """Tell whether this talker's socket is to be read now."""
        # TODO: then nobody is ever held back
        return True

    def take(self, credit):
        """Give out (talker, line) for as many lines as there is credit for, in fair turns."""
        # TODO: turns
        taken, self._lines = self._lines[:credit], self._lines[credit:]
        return taken
