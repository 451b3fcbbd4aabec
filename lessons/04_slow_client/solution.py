"""Lesson 04, solved: one method says whether a line fits; `offer` decides what to do if not."""

from __future__ import annotations

from collections import deque


class Outbox:
    """A bounded queue of lines."""

    def __init__(self, places, most_bytes, policy) -> None:
        self.places = places
        self.most_bytes = most_bytes
        self.policy = policy
        self.dropped = 0
        self._lines = deque()
        self._size_bytes = 0
        self._refused = False

    def offer(self, line):
        """Add a line, or do what the policy says. False means: disconnect this client."""
        size_bytes = len(line.encode())
        if self._refused:
            return False
        if not self._fits(size_bytes):
            if self.policy == "disconnect":
                self._refused = True
                return False
            if self.policy == "drop-newest":
                self.dropped += 1
                return True
            while not self._fits(size_bytes):
                self._size_bytes -= len(self._lines.popleft().encode())
                self.dropped += 1
        self._lines.append(line)
        self._size_bytes += size_bytes
        return True

    def take(self):
        """Remove all waiting lines and return them, oldest first."""
        lines = list(self._lines)
        self._lines.clear()
        self._size_bytes = 0
        return lines

    def _fits(self, size_bytes):
        return not self._lines or (
            len(self._lines) < self.places and self._size_bytes + size_bytes <= self.most_bytes
        )
