"""Lesson 04: a bounded outbox.

What waits for one client. It is full when `places` lines wait in it, or when one more
would make it hold more than `most_bytes` bytes (UTF-8; an empty outbox takes any one
line). What happens then is its policy:

    drop-oldest   it gives up its oldest lines until the new one fits
    drop-newest   it gives up the new line
    disconnect    it refuses: `offer` returns False, now and ever after, and its client
                  is to be cut off once it has got what waits already

`offer` never waits, and `dropped` counts the lines that were given up.

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
        """Take a line in, or do as the policy says. False: cut this client off."""
        # TODO: a client that never reads makes this grow for ever.
        self._lines.append(line)
        return True

    def take(self):
        """Give out all that waits, oldest first."""
        lines, self._lines = self._lines, []
        return lines
