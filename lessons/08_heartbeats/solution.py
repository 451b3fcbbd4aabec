"""Lesson 08, solved: two deadlines, and who waits sleeps until the first of them."""

from __future__ import annotations


class Liveness:
    """Whether a peer is there."""

    def __init__(self, ping_interval_s, pong_wait_s, now_s) -> None:
        self.ping_interval_s = ping_interval_s
        self.pong_wait_s = pong_wait_s
        self._silent_at_s = now_s + pong_wait_s
        self._ping_at_s = now_s + ping_interval_s
        self._gone = False

    def heard(self, now_s):
        """Note that something whole came from the peer: a line, a pong."""
        self._silent_at_s = now_s + self.pong_wait_s

    def next_s(self):
        """Return the time at which something will be due if nothing is heard until then."""
        return min(self._silent_at_s, self._ping_at_s)

    def due(self, now_s):
        """Return what is due now: "ping", "gone" or None. A ping is due once an interval."""
        if self._gone or now_s >= self._silent_at_s:
            self._gone = True
            return "gone"
        if now_s >= self._ping_at_s:
            self._ping_at_s = now_s + self.ping_interval_s  # from now: no burst after a long sleep
            return "ping"
        return None
