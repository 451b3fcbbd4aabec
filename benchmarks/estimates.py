"""Percentiles, histograms, and ratios with their intervals. Pure.

Samples are nanoseconds, one row per message and one column per recipient. A percentile is the
nearest rank, so it is always one of the samples. The unit of replication is a process: two servers
are compared by one number per process, and the interval is a bootstrap over processes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


__all__ = [
    "MIN_PROCESSES",
    "Histogram",
    "Interval",
    "bucket_ns",
    "count",
    "deepest_percent",
    "histogram",
    "histogram_percentile",
    "median_interval",
    "merge",
    "order_correlation",
    "paired_ratio",
    "percentile",
    "ratio",
    "spread",
    "worst_recipient",
]

MIN_PROCESSES = 3  # with fewer, every two servers are tied

_RESAMPLES = 4000
_BUCKET_GROWTH = 1.02  # each bucket of a histogram ends 2 % above the one before
_BEYOND = 5  # samples that must lie beyond a percentile, or chance decides it

# (bucket, count), ascending: bucket k ends at _BUCKET_GROWTH ** k ns; bucket 0 ends at 1 ns.
Histogram = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Interval:
    """A value, and the range that holds 95 % of the resampled values."""

    low: float
    middle: float
    high: float

    def holds(self, value: float) -> bool:
        """Return whether ``value`` lies inside, the ends included."""
        return self.low <= value <= self.high


def percentile(samples: ArrayLike, percent: float) -> float:
    """Return the sample at nearest rank ``percent``, 0 to 100, of ``samples`` (at least one)."""
    return float(np.percentile(np.asarray(samples), percent, method="inverted_cdf"))


def deepest_percent(count: int) -> float:
    """Return the highest percentile that ``count`` samples support: five of them lie beyond it."""
    return max(0.0, 100.0 * (1 - _BEYOND / count)) if count else 0.0


def spread(values: Sequence[float]) -> float:
    """Return how far apart ``values`` are, as a share of their median."""
    return (max(values) - min(values)) / float(np.median(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Return the median of ``ours`` over the median of ``theirs``; each has one number per process.

    With three processes per server, the interval is about the whole range, and two equal servers
    still seem different one time in ten: publish from five. With fewer
    than three processes the interval is unbounded.
    """
    middle = float(np.median(ours) / np.median(theirs))
    if min(len(ours), len(theirs)) < MIN_PROCESSES:
        return Interval(0.0, middle, math.inf)
    random = np.random.default_rng(seed=1)
    return _interval(middle, _medians(ours, random) / _medians(theirs, random))


def median_interval(values: Sequence[float]) -> Interval | None:
    """Return the median of ``values`` with its interval; None for fewer than three values."""
    if len(values) < MIN_PROCESSES:
        return None
    return _interval(float(np.median(values)), _medians(values, np.random.default_rng(seed=1)))


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Return the median of the ratios of pairs, ``ours[i]`` to ``theirs[i]``.

    For two measurements that took turns. A machine that is slow for a minute slows both values of
    a pair; the ratio of two medians would take that for a difference. With fewer than three
    pairs the interval is unbounded.

    Raises:
        ValueError: there are more values on one side.
    """
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    middle = float(np.median(ratios))
    if len(ratios) < MIN_PROCESSES:
        return Interval(0.0, middle, math.inf)
    return _interval(middle, _medians(ratios, np.random.default_rng(seed=1)))


def _medians(values: Sequence[float], random: np.random.Generator) -> NDArray[np.float64]:
    """Return the medians of bootstrap resamples."""
    found: NDArray[np.float64] = np.median(random.choice(values, (_RESAMPLES, len(values))), axis=1)
    return found


def _interval(middle: float, resampled: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(resampled, (2.5, 97.5))
    return Interval(float(low), middle, float(high))


def histogram(samples_ns: ArrayLike) -> Histogram:
    """Count samples in buckets that are each 2 % wide; bucket 0 takes what is not positive."""
    positive = np.maximum(np.asarray(samples_ns, dtype=float), 1.0)
    logs = np.log(positive) / math.log(_BUCKET_GROWTH)
    # A little less: rounding could move a sample at a bucket's very end into the next bucket.
    buckets, counts = np.unique(np.ceil(logs - 1e-9).astype(int), return_counts=True)
    return tuple(zip(buckets.tolist(), counts.tolist(), strict=True))


def bucket_ns(bucket: int) -> float:
    """Return the upper end of a bucket, in ns."""
    return _BUCKET_GROWTH**bucket


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """Add up the histograms of several processes."""
    pooled: Counter[int] = Counter()
    for buckets in histograms:
        for bucket, count in buckets:
            pooled[bucket] += count
    return tuple(sorted(pooled.items()))


def count(buckets: Histogram) -> int:
    """Return how many samples a histogram holds."""
    return sum(samples for _, samples in buckets)


def histogram_percentile(buckets: Histogram, percent: float) -> float:
    """Return the upper end, in ns, of the bucket that holds the nearest rank ``percent``."""
    rank = math.ceil(count(buckets) * percent / 100)
    for bucket, samples in buckets:
        rank -= samples
        if rank <= 0:
            return bucket_ns(bucket)
    raise ValueError("an empty histogram has no percentiles")


def order_correlation(samples_ns: NDArray[np.int64]) -> float:
    """Return how far recipients are served in the order of connecting: 1 always, -1 reversed.

    The mean over messages of Spearman's rank correlation. 0 is no order; an order that reverses
    with every message is none either.
    """
    recipients = samples_ns.shape[1]
    if recipients < 2:
        return 0.0
    positions = np.arange(recipients)
    ranks = samples_ns.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    squares = ((ranks - positions) ** 2).sum(axis=1)
    return float(np.mean(1 - 6 * squares / (recipients * (recipients**2 - 1))))


def worst_recipient(samples_ns: NDArray[np.int64], percent: float) -> float:
    """Return the percentile of the recipient whose percentile is the highest, in ns."""
    own = np.percentile(samples_ns, percent, axis=0, method="inverted_cdf")
    return float(own.max())
