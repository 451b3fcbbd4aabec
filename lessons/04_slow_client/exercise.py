"""Lesson 04: a bounded outbox.

An outbox keeps the lines that wait for one client. It is full when `places` lines wait,
or when the new line would make it hold more than `most_bytes` bytes (in UTF-8). An empty
outbox takes any one line. The policy says what a full outbox does:

    drop-oldest   it drops its oldest lines until the new one fits
    drop-newest   it drops the new line
    disconnect    it refuses: `offer` returns False, now and always after that; the
                  client still gets the waiting lines and is then disconnected

`offer` never waits, and `dropped` counts the lines that were dropped.

Judge it with `hubbub check 04`; `hubbub check 04 --hint` helps.
"""

from __future__ import annotations


class Outbox:
    """A bounded queue of lines."""

    def __init__(self, places, most_bytes, policy) -> None:
        self.places = places
        self.most_bytes = most_bytes
        self.policy = policy
        self.dropped = 0
        self._lines = []

    def offer(self, line):
        """Add a line, or do what the policy says. False means: disconnect this client."""
        # TODO: if the client never reads, this list grows without limit.
        self._lines.append(line)
        return True

    def take(self):
        """Remove all waiting lines and return them, oldest first."""
        lines, self._lines = self._lines, []
        return lines
