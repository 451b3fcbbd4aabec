"""The arithmetic of a measurement."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import measure


SAMPLES = st.lists(st.integers(1, 10**10), min_size=1, max_size=200)


@given(SAMPLES, st.floats(0, 100))
def test_percentile_is_a_sample(samples: list[int], percent: float) -> None:
    """A percentile is always one of the samples."""
    assert measure.percentile(samples, percent) in samples


def test_percentile_is_the_nearest_rank() -> None:
    """Of a hundred samples the p-th percentile is the p-th smallest."""
    samples = range(100, 0, -1)

    assert [measure.percentile(samples, percent) for percent in (1, 50, 99, 100)] == [
        1,
        50,
        99,
        100,
    ]


@pytest.mark.parametrize(("count", "deepest"), [(0, 0.0), (4, 0.0), (500, 99.0), (5000, 99.9)])
def test_deepest_percentile_leaves_five_samples_beyond(count: int, deepest: float) -> None:
    """A percentile is worth showing when five samples lie beyond it."""
    assert measure.deepest_percent(count) == pytest.approx(deepest)


def test_spread_is_a_share_of_the_median() -> None:
    """The spread of values is their range over their median."""
    assert measure.spread([9.0, 10.0, 11.0]) == pytest.approx(0.2)


def test_ratio_of_a_server_to_itself_holds_one() -> None:
    """A server cannot be told apart from itself."""
    costs_us = [10.0, 10.4, 11.0, 9.8, 10.1]

    assert measure.ratio(costs_us, costs_us).holds(1.0)


def test_ratio_of_distant_servers_excludes_one() -> None:
    """Servers whose processes do not overlap are told apart, and by how much."""
    interval = measure.ratio([20.0, 21.0, 22.0, 20.5, 21.5], [10.0, 10.5, 11.0, 10.2, 10.7])

    assert interval.middle == 2.0
    assert 1.8 < interval.low < 2.0 < interval.high < 2.2


def test_overlapping_servers_are_not_told_apart() -> None:
    """Servers whose processes lie among each other are not told apart."""
    interval = measure.ratio([10.0, 12.0, 11.0, 13.0, 10.5], [10.2, 11.5, 12.5, 11.2, 10.1])

    assert interval.holds(1.0)


def test_ratio_is_the_same_each_time() -> None:
    """The same numbers give the same interval: the resampling is seeded."""
    ours, theirs = [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]

    assert measure.ratio(ours, theirs) == measure.ratio(ours, theirs)


def test_two_processes_tell_nothing_apart() -> None:
    """With fewer than three processes an interval has no bounds."""
    interval = measure.ratio([100.0, 100.0], [1.0, 1.0, 1.0])

    assert (interval.low, interval.middle, interval.high) == (0.0, 100.0, math.inf)


@given(SAMPLES)
def test_histogram_counts_every_sample(samples: list[int]) -> None:
    """Every sample is in exactly one bucket."""
    assert measure.count(measure.histogram(samples)) == len(samples)


def test_histogram_holds_what_is_not_positive() -> None:
    """A time that came out as nothing, or less, is counted in the first bucket and not lost."""
    assert measure.histogram([0, -5, 1]) == ((0, 3),)


@given(SAMPLES, st.floats(1, 100))
def test_histogram_percentile_is_two_percent_off_at_most(
    samples: list[int], percent: float
) -> None:
    """A percentile read from a histogram is within a bucket of the true one."""
    exact = measure.percentile(samples, percent)

    read = measure.histogram_percentile(measure.histogram(samples), percent)

    assert exact - 1 <= read <= exact * 1.02 + 1


@given(SAMPLES, SAMPLES)
def test_merged_histograms_are_that_of_all(one: list[int], other: list[int]) -> None:
    """Pooling two histograms is the same as counting all samples at once."""
    merged = measure.merge([measure.histogram(one), measure.histogram(other)])

    assert merged == measure.histogram(one + other)


def test_empty_histogram_has_no_percentile() -> None:
    """Asking nothing for its median is an error, not a number."""
    with pytest.raises(ValueError, match="empty"):
        measure.histogram_percentile((), 50)


@pytest.mark.parametrize(
    ("row", "correlation"), [([1, 2, 3, 4, 5], 1.0), ([5, 4, 3, 2, 1], -1.0), ([7], 0.0)]
)
def test_order_correlation_tells_the_direction(row: list[int], correlation: float) -> None:
    """Serving in the order of connecting is 1, in reverse is -1, and one recipient is no order."""
    assert measure.order_correlation(np.array([row, row])) == pytest.approx(correlation)


def test_shuffled_recipients_have_no_order() -> None:
    """Recipients served at random have a correlation near nothing."""
    samples_ns = np.random.default_rng(1).integers(1, 10**6, (50, 1000))

    assert abs(measure.order_correlation(samples_ns)) < 0.1


def test_order_that_turns_round_is_no_order() -> None:
    """A server that serves forwards and backwards by turns prefers nobody."""
    samples_ns = np.array([[1, 2, 3], [3, 2, 1], [1, 2, 3], [3, 2, 1], [1, 2, 3]])

    assert measure.order_correlation(samples_ns) == pytest.approx(0.2)


def test_worst_recipient_is_the_one_always_last() -> None:
    """The worst recipient's percentile is that of one recipient, not of the pool."""
    samples_ns = np.array([[1, 9], [1, 9], [2, 8]])

    assert measure.worst_recipient(samples_ns, 50) == 9


def test_pairs_do_not_see_a_slow_minute() -> None:
    """What was slow for both of a pair is no difference between them."""
    theirs = [1.0, 1.1, 5.0, 1.0, 1.2]
    twice = [2 * value for value in theirs]

    assert measure.paired_ratio(theirs, theirs) == measure.Interval(1.0, 1.0, 1.0)
    assert measure.paired_ratio(twice, theirs) == measure.Interval(2.0, 2.0, 2.0)
    assert measure.paired_ratio([1.0], [2.0]) == measure.Interval(0.0, 0.5, math.inf)
    with pytest.raises(ValueError, match="zip"):
        measure.paired_ratio([1.0], [])
