"""The physical limits of a delivery."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.limits import limits_of, near
from benchmarks.results import Run
from benchmarks.summary import Summary, summarise
from tests.benchmarks.made import PEER, SMALL, make_results, make_run


def _summary() -> Summary:
    runs: list[Run] = []
    for size in (64, 1024):
        workload = replace(SMALL, payload_bytes=size)
        for server, cost_us in (("c-floor", 5.0), ("c-uring", 3.5), (PEER, 9.0)):
            run = make_run(server, cost_us, scenario="sizes", workload=workload)
            assert run.account
            received = workload.messages * workload.listeners * size
            account = replace(run.account, received_bytes=received)
            runs.append(replace(run, account=account))
    (summary,) = summarise(replace(make_results({}), runs=tuple(runs)))
    return summary


def test_every_limit_has_a_value_at_each_point() -> None:
    """One send and a batched one are measured, a copy is given, and links are computed."""
    found = limits_of(_summary(), {64: 0.01, 1024: 0.1})

    assert found["one send (c-floor)"] == pytest.approx({64: 5.0, 1024: 5.0})
    assert found["one batched send (c-uring)"] == pytest.approx({64: 3.5, 1024: 3.5})
    assert found["copy in memory"] == {64: 0.01, 1024: 0.1}
    assert found["1 Gbit/s"] == pytest.approx({64: 154 * 8 / 1000, 1024: 1114 * 8 / 1000})
    assert found["10 Gbit/s"][64] == pytest.approx(found["1 Gbit/s"][64] / 10)


def test_unknown_limit_is_left_out() -> None:
    """A round without a copy's time has no line for it."""
    assert "copy in memory" not in limits_of(_summary(), {})


def test_limits_far_below_every_server_are_not_drawn() -> None:
    """A limit is drawn where it is at least a twentieth of the cheapest server, at two points."""
    summary = _summary()

    drawn = near(limits_of(summary, {64: 0.01, 1024: 0.1}), summary)

    assert "copy in memory" not in drawn
    assert drawn["1 Gbit/s"] == limits_of(summary, {})["1 Gbit/s"]
    assert drawn["one send (c-floor)"] == pytest.approx({64: 5.0, 1024: 5.0})
