"""Percentiles, histograms and ratios."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import estimates


SAMPLES = st.lists(st.integers(1, 10**10), min_size=1, max_size=200)


@given(SAMPLES, st.floats(0, 100))
def test_percentile_is_a_sample(samples: list[int], percent: float) -> None:
    """A percentile is always one of the samples."""
    assert estimates.percentile(samples, percent) in samples


def test_percentile_is_the_nearest_rank() -> None:
    """Of a hundred samples the p-th percentile is the p-th smallest one."""
    samples = range(100, 0, -1)

    assert [estimates.percentile(samples, percent) for percent in (1, 50, 99, 100)] == [
        1,
        50,
        99,
        100,
    ]


@pytest.mark.parametrize(("count", "deepest"), [(0, 0.0), (4, 0.0), (500, 99.0), (5000, 99.9)])
def test_deepest_percentile_leaves_five_samples_beyond(count: int, deepest: float) -> None:
    """A percentile may be shown if five samples lie beyond it."""
    assert estimates.deepest_percent(count) == pytest.approx(deepest)


def test_spread_is_a_share_of_the_median() -> None:
    """The spread is the range of the values over their median."""
    assert estimates.spread([9.0, 10.0, 11.0]) == pytest.approx(0.2)


def test_ratio_of_a_server_to_itself_holds_one() -> None:
    """A server is tied with itself."""
    costs_us = [10.0, 10.4, 11.0, 9.8, 10.1]

    assert estimates.ratio(costs_us, costs_us).holds(1.0)


def test_ratio_of_distant_servers_excludes_one() -> None:
    """Servers whose processes do not overlap differ, and the interval says by how much."""
    interval = estimates.ratio([20.0, 21.0, 22.0, 20.5, 21.5], [10.0, 10.5, 11.0, 10.2, 10.7])

    assert interval.middle == 2.0
    assert 1.8 < interval.low < 2.0 < interval.high < 2.2


def test_overlapping_servers_are_tied() -> None:
    """The interval of servers whose processes overlap includes 1."""
    interval = estimates.ratio([10.0, 12.0, 11.0, 13.0, 10.5], [10.2, 11.5, 12.5, 11.2, 10.1])

    assert interval.holds(1.0)


def test_ratio_is_the_same_each_time() -> None:
    """The same numbers give the same interval, because the resampling is seeded."""
    ours, theirs = [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]

    assert estimates.ratio(ours, theirs) == estimates.ratio(ours, theirs)


def test_two_processes_have_no_interval() -> None:
    """With fewer than three processes an interval has no bounds."""
    interval = estimates.ratio([100.0, 100.0], [1.0, 1.0, 1.0])

    assert (interval.low, interval.middle, interval.high) == (0.0, 100.0, math.inf)


@given(SAMPLES)
def test_histogram_counts_every_sample(samples: list[int]) -> None:
    """Every sample is in exactly one bucket."""
    assert estimates.count(estimates.histogram(samples)) == len(samples)


def test_histogram_holds_what_is_not_positive() -> None:
    """A time of zero or less is counted in the first bucket, and not lost."""
    assert estimates.histogram([0, -5, 1]) == ((0, 3),)


@given(SAMPLES, st.floats(1, 100))
def test_histogram_percentile_is_two_percent_off_at_most(
    samples: list[int], percent: float
) -> None:
    """A percentile of a histogram is at most one bucket from the exact one."""
    exact = estimates.percentile(samples, percent)

    read = estimates.histogram_percentile(estimates.histogram(samples), percent)

    assert exact - 1 <= read <= exact * 1.02 + 1


@given(SAMPLES, SAMPLES)
def test_merged_histograms_are_that_of_all(one: list[int], other: list[int]) -> None:
    """Adding two histograms is the same as counting all samples at once."""
    merged = estimates.merge([estimates.histogram(one), estimates.histogram(other)])

    assert merged == estimates.histogram(one + other)


def test_empty_histogram_has_no_percentile() -> None:
    """A percentile of an empty histogram is an error, not a number."""
    with pytest.raises(ValueError, match="empty"):
        estimates.histogram_percentile((), 50)


@pytest.mark.parametrize(
    ("row", "correlation"), [([1, 2, 3, 4, 5], 1.0), ([5, 4, 3, 2, 1], -1.0), ([7], 0.0)]
)
def test_order_correlation_tells_the_direction(row: list[int], correlation: float) -> None:
    """The order of connecting is 1, its reverse is -1, and one recipient has no order."""
    assert estimates.order_correlation(np.array([row, row])) == pytest.approx(correlation)


def test_shuffled_recipients_have_no_order() -> None:
    """Recipients served at random have a correlation near 0."""
    samples_ns = np.random.default_rng(1).integers(1, 10**6, (50, 1000))

    assert abs(estimates.order_correlation(samples_ns)) < 0.1


def test_order_that_reverses_is_no_order() -> None:
    """A server that serves forwards and backwards in turns has nearly no order."""
    samples_ns = np.array([[1, 2, 3], [3, 2, 1], [1, 2, 3], [3, 2, 1], [1, 2, 3]])

    assert estimates.order_correlation(samples_ns) == pytest.approx(0.2)


def test_worst_recipient_is_the_one_always_last() -> None:
    """The worst recipient's percentile is that of one recipient, not of all together."""
    samples_ns = np.array([[1, 9], [1, 9], [2, 8]])

    assert estimates.worst_recipient(samples_ns, 50) == 9


def test_pairs_do_not_see_a_slow_minute() -> None:
    """A moment that slows both values of a pair makes no difference."""
    theirs = [1.0, 1.1, 5.0, 1.0, 1.2]
    twice = [2 * value for value in theirs]

    assert estimates.paired_ratio(theirs, theirs) == estimates.Interval(1.0, 1.0, 1.0)
    assert estimates.paired_ratio(twice, theirs) == estimates.Interval(2.0, 2.0, 2.0)
    assert estimates.paired_ratio([1.0], [2.0]) == estimates.Interval(0.0, 0.5, math.inf)
    with pytest.raises(ValueError, match="zip"):
        estimates.paired_ratio([1.0], [])
