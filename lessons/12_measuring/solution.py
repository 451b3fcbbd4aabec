"""Lesson 12, solved: every delivery counts, from the time when it should have been sent."""

from __future__ import annotations

import math


def report(log):
    """Return the numbers of the log."""
    all_ms = [
        1000 * (at_s - intended_s) for intended_s, _, got in log for at_s in got if at_s is not None
    ]
    last_ms = [1000 * (max(got) - intended_s) for intended_s, _, got in log if None not in got]
    return {
        "count": len(all_ms),
        "lost": sum(got.count(None) for _, _, got in log),
        "p50_ms": _percentile(all_ms, 50),
        "p99_ms": _percentile(all_ms, 99),
        "max_ms": max(all_ms, default=None),
        "last_p50_ms": _percentile(last_ms, 50),
    }


def _percentile(samples, percent):
    """Return the smallest sample that at least this share of all does not exceed."""
    ordered = sorted(samples)
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else None
