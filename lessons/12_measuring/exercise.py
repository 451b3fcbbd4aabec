"""Lesson 12: an honest report.

`log` has an entry for each message: (intended_s, sent_s, received_s). It should have been
sent at the first time and was sent at the second; the third is a list with the time at
which each recipient got it, None for one that never did. All times are in seconds.

`report` returns, in milliseconds where it is a time,

    count         deliveries that came
    lost          deliveries that never came
    p50_ms        half of all deliveries took at most this long, counted from `intended`
    p99_ms        99 of 100 did
    max_ms        all did
    last_p50_ms   of half of the messages the last recipient had it after at most this long;
                  messages that were lost to somebody have no last recipient

A percentile is one of the samples, the smallest that at least so many do not exceed; None
where there is no sample. Results may differ by a millionth.

Judge it with `hubbub check 12`; `hubbub check 12 --hint` helps.
"""

from __future__ import annotations

import math  # noqa: F401  you may want math.ceil


def report(log):
    """Return what the log says."""
    # TODO: this is what most people write first.
    times_ms = [1000 * (got[0] - sent_s) for _, sent_s, got in log]
    mean_ms = sum(times_ms) / len(times_ms)
    return {
        "count": len(times_ms),
        "lost": 0,
        "p50_ms": mean_ms,
        "p99_ms": mean_ms,
        "max_ms": max(times_ms),
        "last_p50_ms": mean_ms,
    }
