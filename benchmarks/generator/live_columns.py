"""Latencies in logarithmic buckets: what a column of the live load generator holds.

Bucket b holds the latencies from 10^(b/20) µs to 10^((b+1)/20) µs: 20 buckets per decade, from 1 µs
to 100 s. Shorter latencies are in the first bucket, longer ones in the last. live_out.h is the same
in C.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


__all__ = ["BUCKETS", "add_counts", "bucket_of", "edge_us", "percentile_us"]

BUCKETS = 160
_PER_DECADE = 20


def bucket_of(latency_ns: int) -> int:
    """Return the bucket of a latency."""
    if latency_ns <= 1000:
        return 0
    bucket = math.floor(_PER_DECADE * math.log10(latency_ns / 1000) + 1e-9)  # 10 µs is in 20
    return min(bucket, BUCKETS - 1)


def edge_us(bucket: float) -> float:
    """Return the latency at which a bucket begins; between two whole buckets, one between."""
    return float(10 ** (bucket / _PER_DECADE))


def add_counts(sums: dict[int, int], counts: Iterable[tuple[int, int]]) -> None:
    """Add the ``counts`` of one column, ``[bucket, number]`` each, to ``sums``."""
    for bucket, number in counts:
        sums[bucket] = sums.get(bucket, 0) + number


def percentile_us(counts: Iterable[tuple[int, int]], share: float) -> float | None:
    """Return the latency that ``share`` of the deliveries do not exceed; None if there are none.

    Inside its bucket the value is interpolated on the logarithmic scale. So it differs from that of
    the exact latencies by less than a bucket, which is 12 %, and mostly by one or two percent.

    Args:
        counts: ``[bucket, number]`` each, in any order.
        share: 0.5 for the median, 0.99 for the p99.
    """
    rows = sorted((bucket, number) for bucket, number in counts if number > 0)
    rank = share * sum(number for _, number in rows)
    before = 0
    for bucket, number in rows:
        if before + number >= rank:
            return edge_us(bucket + (rank - before) / number)
        before += number
    return None
