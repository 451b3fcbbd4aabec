"""The estimate of how long a measurement takes."""

from __future__ import annotations

from pathlib import Path

from benchmarks.campaign import Plan, foresee
from benchmarks.duration import run_s
from benchmarks.results import AGAIN, read
from benchmarks.scenarios import SCENARIOS
from benchmarks.workload import Workload
from implementations.servers import SERVERS


ROUND = Path(__file__).parents[2] / "benchmarks" / "rounds" / "2026-11" / "results.json.gz"
START_S = 0.6  # of a run, before its clients connect: not in the results


def test_round_takes_at_most_an_hour() -> None:
    """Everything, with all peers and three Pythons, takes less than 60 minutes."""
    foreseen = foresee(Plan(tuple(SCENARIOS)), ["3.11", "3.12", "3.13"])

    assert foreseen.seconds < 3600
    assert set(foreseen.scenarios) == set(SCENARIOS)


def test_estimate_is_near_what_a_round_took() -> None:
    """The model is at most a quarter below, and at most half above, what the round's runs took."""
    ours = {server.id for server in SERVERS}
    took_s = expected_s = 0.0
    for run in read(ROUND).runs:
        if run.account is None or not run.process:
            continue
        # What a run takes before its counted messages is not in the results.
        warm = run.workload.warmup_messages / (run.workload.messages + run.workload.warmup_messages)
        took_s += run.account.connect_s + run.account.counted_s / (1 - warm)
        took_s += 1.25 * run.workload.idle_s
        plain = run.server.removesuffix(AGAIN).removesuffix("+uvloop")
        expected_s += run_s(plain, run.workload, ours=plain in ours) - START_S

    assert 0.75 * took_s < expected_s < 1.5 * took_s


def test_server_that_breaks_costs_the_wait_for_what_is_missing() -> None:
    """A rate that a server cannot keep takes at most 10 s more than the messages last."""
    kept = run_s("c-floor", Workload(rate_hz=100.0, messages=100, warmup_messages=0), ours=False)
    broken = Workload(rate_hz=6400.0, messages=64_000, warmup_messages=0)

    assert 1.0 < kept < 3.0
    assert 20.0 < run_s("c-floor", broken, ours=False) < 22.0


def test_plan_without_pythons_leaves_their_scenarios_out() -> None:
    """Where no supported Python is known, nothing is foreseen for them."""
    foreseen = foresee(Plan(("closed", "pythons")), [])

    assert list(foreseen.scenarios) == ["closed"]
