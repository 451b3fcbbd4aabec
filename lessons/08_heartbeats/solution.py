"""Lesson 08, solved: two deadlines; the waiting task sleeps until the earlier one."""

from __future__ import annotations


class Liveness:
    """Decides when to ping a peer and when the peer is gone."""

    def __init__(self, ping_interval_s, pong_wait_s, now_s) -> None:
        self.ping_interval_s = ping_interval_s
        self.pong_wait_s = pong_wait_s
        self._silent_at_s = now_s + pong_wait_s
        self._ping_at_s = now_s + ping_interval_s
        self._gone = False

    def heard(self, now_s):
        """Note that the peer sent something complete: a line or a pong."""
        self._silent_at_s = now_s + self.pong_wait_s

    def next_s(self):
        """Return when the next action is due if the peer stays silent until then."""
        return min(self._silent_at_s, self._ping_at_s)

    def due(self, now_s):
        """Return what is due now: "ping", "gone" or None. A ping is due once per interval."""
        if self._gone or now_s >= self._silent_at_s:
            self._gone = True
            return "gone"
        if now_s >= self._ping_at_s:
            self._ping_at_s = now_s + self.ping_interval_s  # from now: no burst after a long sleep
            return "ping"
        return None
