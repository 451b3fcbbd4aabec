"""Lesson 05, solved: one line per turn; a talker with more lines moves to the end."""

from __future__ import annotations

from collections import deque


class Pump:
    """The lines that talkers have said and the room has not taken yet."""

    def __init__(self, most) -> None:
        self.most = most
        self._waiting = {}  # talker -> lines, the next talker first; only talkers with lines

    def add(self, talker, lines):
        """Add the lines that one read of a talker's socket brought."""
        if lines:
            self._waiting.setdefault(talker, deque()).extend(lines)

    def wants(self, talker):
        """Tell whether the server should read this talker's socket now."""
        return len(self._waiting.get(talker, ())) < self.most

    def take(self, credit):
        """Return up to `credit` lines as (talker, line), in fair turns."""
        taken = []
        while self._waiting and len(taken) < credit:
            talker = next(iter(self._waiting))
            lines = self._waiting.pop(talker)
            taken.append((talker, lines.popleft()))
            if lines:
                self._waiting[talker] = lines  # after all other waiting talkers
        return taken
