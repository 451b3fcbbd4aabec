"""One run in figures, from made-up samples with known figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.run_figures import STRIP_POINTS, figures
from benchmarks.workload import Workload
from tests.benchmarks.made import SMALL, make_samples


def test_closed_loop_is_measured() -> None:
    """Recipient k of 4 gets each message after k times 10 µs, so the cost is 10 µs."""
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
    """A message that was sent 5 ms late and took 1 ms counts 6 ms; the lateness is kept too."""
    samples = make_samples(replace(SMALL, rate_hz=10.0), cost_us=1000.0)
    samples.messages["intended_ns"] -= 5_000_000

    measured = figures(samples, replace(SMALL, rate_hz=10.0))

    assert measured.percentile_ms(0) == pytest.approx(6.0, rel=0.02)
    assert measured.lateness_p99_ns == 5_000_000


def test_only_counted_messages_count() -> None:
    """The warm-up and the last fence are in no figure."""
    samples = make_samples()
    slow = np.isin(samples.deliveries["message"], [0, 1, len(samples.messages) - 1])
    samples.deliveries["at_ns"][slow] += 10**9

    assert figures(samples, SMALL).percentile_ms(100) < 1


def test_strip_is_thinned_out() -> None:
    """Of many recipients only as many are kept as a chart can show, the first one included."""
    workload = Workload(clients=1000, messages=3, warmup_messages=0)

    typical_ns = figures(make_samples(workload), workload).typical_ns

    assert len(typical_ns) == STRIP_POINTS
    assert typical_ns[0] == 10_000


def test_stall_has_slices() -> None:
    """If a client stalls, the others' latency is kept for each quarter of a second."""
    workload = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)

    measured = figures(make_samples(workload), workload)

    assert [one.after_s for one in measured.slices] == [0.0, 0.25, 0.5, 0.75]
    assert measured.cut_off_s == pytest.approx([0.5], abs=0.06)


def test_calm_run_has_no_slices() -> None:
    """If no client stalls or churns, there are no slices."""
    assert figures(make_samples(), SMALL).slices == ()
