"""Lesson 08: is anybody there?

One peer's clockwork, without a clock: whoever calls says what time it is, in seconds.

    every ping_interval_s   the peer is pinged, whether it talks or not
    nothing heard for       it is gone, for good; a ping of ours is not
    pong_wait_s             something heard

Whoever waits for the socket asks `next_s` how long it may sleep, and `due` when it wakes.

Judge it with `hubbub check 08`; `hubbub check 08 --hint` helps.
"""

from __future__ import annotations

import math


class Liveness:
    """Whether a peer is there."""

    def __init__(self, ping_interval_s, pong_wait_s, now_s) -> None:
        self.ping_interval_s = ping_interval_s
        self.pong_wait_s = pong_wait_s
        self._heard_s = now_s

    def heard(self, now_s):
        """Note that something whole came from the peer: a line, a pong."""
        self._heard_s = now_s

    def next_s(self):
        """Return the time at which something will be due if nothing is heard until then."""
        # TODO
        return math.inf

    def due(self, now_s):
        """Return what is due now: "ping", "gone" or None. A ping is due once an interval."""
        # TODO
        return None
