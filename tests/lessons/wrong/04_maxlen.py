"""Expect: Under disconnect a full outbox took the line and said True"""

from __future__ import annotations

from collections import deque


class Outbox:
    """A deque that forgets by itself."""

    def __init__(self, places, most_bytes, policy) -> None:
        self.policy = policy
        self.dropped = 0
        self._lines = deque(maxlen=places)

    def offer(self, line):
        if len(self._lines) == self._lines.maxlen:
            self.dropped += 1
            if self.policy == "drop-newest":
                return True
        self._lines.append(line)
        return True

    def take(self):
        lines = list(self._lines)
        self._lines.clear()
        return lines
