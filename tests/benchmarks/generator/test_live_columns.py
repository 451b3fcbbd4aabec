"""Logarithmic buckets: where a latency goes, and what percentiles say of the buckets."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.generator.live_columns import (
    BUCKETS,
    add_counts,
    bucket_of,
    edge_us,
    percentile_us,
)


@pytest.mark.parametrize(
    ("latency_ns", "bucket"),
    [
        (-5, 0),
        (0, 0),
        (1_000, 0),
        (1_122, 0),
        (1_123, 1),
        (10_000, 20),
        (999_999, 59),
        (1_000_000, 60),
        (99_999_000_000, 159),
        (10**15, 159),
    ],
)
def test_latency_has_its_bucket(latency_ns: int, bucket: int) -> None:
    """There are 20 buckets per decade; what is too short or too long is in the first or last."""
    assert bucket_of(latency_ns) == bucket


def test_buckets_begin_where_they_should() -> None:
    """Each bucket begins at its edge."""
    for bucket in range(BUCKETS):
        assert bucket_of(int(edge_us(bucket) * 1000) + 1) == bucket


def test_counts_are_added() -> None:
    """The counts of several columns add up by bucket."""
    sums: dict[int, int] = {}

    add_counts(sums, [(3, 1), (5, 2)])
    add_counts(sums, [(5, 4)])

    assert sums == {3: 1, 5: 6}


def test_percentiles_are_near_those_of_the_latencies() -> None:
    """Percentiles of the buckets differ by less than 3 % from those of the latencies."""
    latencies_us = np.random.default_rng(1).lognormal(6, 0.7, 20_000)
    sums: dict[int, int] = {}
    for latency_us in latencies_us:
        add_counts(sums, [(bucket_of(int(latency_us * 1000)), 1)])

    for share in (0.01, 0.5, 0.9, 0.99):
        found = percentile_us(sums.items(), share)
        assert found == pytest.approx(np.quantile(latencies_us, share), rel=0.03)


def test_no_deliveries_have_no_percentile() -> None:
    """Without deliveries there is no percentile."""
    assert percentile_us([], 0.5) is None
    assert percentile_us([(3, 0)], 0.5) is None
