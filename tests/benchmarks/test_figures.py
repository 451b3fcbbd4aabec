"""One run in numbers, from samples whose numbers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.figures import STRIP_POINTS, figures
from benchmarks.workload import Workload
from tests.benchmarks.made import SMALL, make_samples


def test_closed_loop_is_measured() -> None:
    """Recipient k of 4 gets each message after k times 10 µs: the cost is that step."""
    measured = figures(make_samples(cost_us=10.0), SMALL)

    assert measured.cost_us == pytest.approx(10.0)
    assert measured.achieved_hz == pytest.approx(25_000)
    for of, ms in (("first", 0.01), ("median", 0.02), ("last", 0.04), ("spread", 0.03)):
        assert measured.percentile_ms(50, of) == pytest.approx(ms, rel=0.02)
    assert measured.percentile_ms(50, "own") == pytest.approx(0.01, rel=0.02)
    assert measured.worst_recipient_p99_ns == 40_000
    assert measured.order_correlation == pytest.approx(1.0)
    assert measured.typical_ns == (10_000, 20_000, 30_000, 40_000)


def test_response_counts_from_when_a_message_was_due() -> None:
    """A message that left 5 ms late, and took 1 ms, took 6 ms; the generator's part is told too."""
    samples = make_samples(replace(SMALL, rate_hz=10.0), cost_us=1000.0)
    samples.messages["intended_ns"] -= 5_000_000

    measured = figures(samples, replace(SMALL, rate_hz=10.0))

    assert measured.percentile_ms(0) == pytest.approx(6.0, rel=0.02)
    assert measured.lateness_p99_ns == 5_000_000


def test_only_counted_messages_count() -> None:
    """Warm-up and the last fence are in no figure."""
    samples = make_samples()
    slow = np.isin(samples.deliveries["message"], [0, 1, len(samples.messages) - 1])
    samples.deliveries["at_ns"][slow] += 10**9

    assert figures(samples, SMALL).percentile_ms(100) < 1


def test_strip_is_thinned_out() -> None:
    """Of thousands of recipients the strip keeps as many as can be seen, the first among them."""
    workload = Workload(clients=1000, messages=3, warmup_messages=0)

    typical_ns = figures(make_samples(workload), workload).typical_ns

    assert len(typical_ns) == STRIP_POINTS
    assert typical_ns[0] == 10_000


def test_stall_is_told_in_slices() -> None:
    """Where a client stalls, what the others felt is kept by the quarter second."""
    workload = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)

    measured = figures(make_samples(workload), workload)

    assert [one.after_s for one in measured.slices] == [0.0, 0.25, 0.5, 0.75]
    assert measured.cut_off_s == pytest.approx([0.5], abs=0.06)


def test_calm_run_has_no_slices() -> None:
    """Where nothing happens amid a run there is nothing to slice."""
    assert figures(make_samples(), SMALL).slices == ()
