"""Lesson 08: is anybody there?

The timekeeping for one peer, without a clock: the caller passes the time in seconds.

    every ping_interval_s   the peer is pinged, whether it talks or not
    nothing heard for       the peer is gone, for good; our own ping does not count
    pong_wait_s             as something heard

The task that waits for the socket sleeps until `next_s()`, and calls `due` when it wakes.

Judge it with `hubbub check 08`; `hubbub check 08 --hint` helps.
"""

from __future__ import annotations

import math


class Liveness:
    """Decides when to ping a peer and when the peer is gone."""

    def __init__(self, ping_interval_s, pong_wait_s, now_s) -> None:
        self.ping_interval_s = ping_interval_s
        self.pong_wait_s = pong_wait_s
        self._heard_s = now_s

    def heard(self, now_s):
        """Note that the peer sent something complete: a line or a pong."""
        self._heard_s = now_s

    def next_s(self):
        """Return when the next action is due if the peer stays silent until then."""
        # TODO
        return math.inf

    def due(self, now_s):
        """Return what is due now: "ping", "gone" or None. A ping is due once per interval."""
        # TODO
        return None
