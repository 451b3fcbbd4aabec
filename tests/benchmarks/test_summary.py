"""What runs come to: only what may be believed counts."""

from __future__ import annotations

import pytest

from benchmarks.results import Run
from benchmarks.summary import summarise
from tests.benchmarks.made import PEER, make_results, make_run


def test_figures_are_medians_over_processes() -> None:
    """A server's cost is the median of its processes, whatever one of them did."""
    (row,) = summarise(make_results({PEER: [10.0, 11.0, 90.0]}))

    assert row.figures is not None
    assert row.figures.cost_us == pytest.approx(11.0)
    assert row.figures.bytes_per_client == 2048


def test_server_is_compared_with_the_peer() -> None:
    """A server's cost is also a ratio to the peer's, and the peer itself has none."""
    ours, peer = summarise(make_results({"asyncio-mutex": [20.0] * 3, PEER: [10.0] * 3}))

    assert ours.figures is not None
    assert ours.figures.to_peer is not None
    assert ours.figures.to_peer.middle == pytest.approx(2.0)
    assert peer.figures is not None
    assert peer.figures.to_peer is None


def test_server_with_an_invalid_run_has_no_figures() -> None:
    """A server that lost one delivery once is in no chart."""
    lossy = make_run(PEER, 5.0, verdict="invalid", reason="deliveries: 1 lost")

    (row,) = summarise(make_results({PEER: [10.0] * 3}, extra=[lossy]))

    assert row.figures is None
    assert (row.verdict, row.reason) == ("invalid", "deliveries: 1 lost")


def test_crowded_run_does_not_count() -> None:
    """A run that others crowded changes no figure."""
    crowded = make_run(PEER, 90.0, verdict="unknown", reason="crowded")

    (row,) = summarise(make_results({PEER: [10.0] * 3}, extra=[crowded]))

    assert row.figures is not None
    assert row.figures.costs_us == pytest.approx((10.0, 10.0, 10.0))
    assert (row.valid_runs, row.runs) == (3, 4)


def test_run_that_never_finished_has_no_figures() -> None:
    """A server that did not start has its reason and nothing else."""
    (row,) = summarise(make_results({}, extra=[Run("x", 1, "invalid", "it did not start")]))

    assert row.figures is None
    assert row.reason == "it did not start"
