"""Lesson 05, solved: one line a turn, and whoever has more goes to the end of the queue."""

from __future__ import annotations

from collections import deque


class Pump:
    """What talkers have said and the room has not taken yet."""

    def __init__(self, most) -> None:
        self.most = most
        self._waiting = {}  # lines by talker, those who are next first; nobody without lines

    def add(self, talker, lines):
        """Take in what one read of a talker's socket brought."""
        if lines:
            self._waiting.setdefault(talker, deque()).extend(lines)

    def wants(self, talker):
        """Tell whether this talker's socket is to be read now."""
        return len(self._waiting.get(talker, ())) < self.most

    def take(self, credit):
        """Give out (talker, line) for as many lines as there is credit for, in fair turns."""
        taken = []
        while self._waiting and len(taken) < credit:
            talker = next(iter(self._waiting))
            lines = self._waiting.pop(talker)
            taken.append((talker, lines.popleft()))
            if lines:
                self._waiting[talker] = lines  # behind all others who wait
        return taken
