"""A campaign: which run comes next, and that a failure ends only its own run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from benchmarks import campaign
from benchmarks.campaign import Plan, begin, go_on, run_line
from benchmarks.load import LoadError
from benchmarks.results import AGAIN, Results, Run
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.server_process import serving
from benchmarks.workload import Workload
from tests.benchmarks.made import SMALL, make_results, make_run


PLAIN = "websockets-broadcast"  # the peer that needs nothing but Python


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """The closed scenario with four clients; no server is repeated, no calls are counted."""
    scenario = replace(SCENARIOS["closed"], points=(SMALL,), processes=3)
    monkeypatch.setitem(SCENARIOS, "closed", scenario)
    monkeypatch.setattr(campaign, "_TWICE", ())
    monkeypatch.setattr(campaign, "counter", lambda: None)
    return scenario


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs take no time: each is valid, at 10 µs."""

    def run(scenario: str, server: str, process: int, workload: Workload, *_: object) -> Run:
        return make_run(server, 10.0, process=process, scenario=scenario, workload=workload)

    monkeypatch.setattr(campaign, "_run", run)


def begun(*peers: str) -> Results:
    judged = {peer: {"order.total": "pass"} for peer in peers}
    return replace(make_results({}), judged=judged)


def order_of(runs: Sequence[Run]) -> list[str]:
    return [run.server for run in runs]


@pytest.mark.usefixtures("small", "made_up")
def test_servers_take_turns() -> None:
    """Each round has every server once, and each round begins with another server."""
    results = go_on(Plan(("closed",), servers=("a", "b")), begun("c"))

    assert order_of(results.runs) == [*"abc", *"bca", *"cab"]
    assert [run.process for run in results.runs] == [1, 1, 1, 2, 2, 2, 3, 3, 3]


@pytest.mark.usefixtures("small", "made_up")
def test_stopped_campaign_resumes() -> None:
    """A resumed campaign repeats no run, and makes the same runs in the same order."""
    plan = Plan(("closed",), servers=("a", "b"))
    whole = go_on(plan, begun("c"))
    counts: list[tuple[int, int]] = []

    resumed = go_on(
        plan,
        replace(begun("c"), runs=whole.runs[:4]),
        lambda run, made, planned: counts.append((made, planned)),
    )

    assert order_of(resumed.runs) == order_of(whole.runs)
    assert counts == [(made, 9) for made in range(5, 10)]


@pytest.mark.usefixtures("made_up")
def test_one_server_is_measured_twice_and_calls_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One server takes part twice, to show the noise; system calls have runs of their own."""
    monkeypatch.setattr(campaign, "counter", lambda: "perf")

    results = go_on(Plan(("closed",), servers=("asyncio-direct",), processes=1), begun())

    twice = "asyncio-direct" + AGAIN
    assert order_of(results.runs) == ["asyncio-direct", twice, "asyncio-direct", twice]
    assert [run.process for run in results.runs] == [1, 1, 0, 0]


@pytest.mark.usefixtures("small")
def test_crowded_run_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that other programs disturbed is kept, and one more run is made."""
    shares = iter([1.0, 0.0, 0.0, 0.0])

    def run(scenario: str, server: str, process: int, *_: object) -> Run:
        crowding = next(shares)
        made = make_run(server, 10.0, process=process, verdict="unknown" if crowding else "valid")
        assert made.account
        return replace(made, account=replace(made.account, server_crowding=crowding))

    monkeypatch.setattr(campaign, "_run", run)
    planned: list[int] = []

    results = go_on(
        Plan(("closed",), servers=("a",)), begun(), lambda _run, _made, all_: planned.append(all_)
    )

    assert [run.verdict for run in results.runs] == ["unknown", "valid", "valid", "valid"]
    assert planned == [4, 4, 4, 4]


def climbing(
    monkeypatch: pytest.MonkeyPatch, breaks_at: dict[str, float]
) -> dict[str, list[float]]:
    """Return the rates that each server is offered if it does not keep up with a given one."""

    def run(scenario: str, server: str, process: int, workload: Workload, *_: object) -> Run:
        made = make_run(server, 1.0, process=process, scenario=scenario)
        assert made.figures
        rate_hz = workload.rate_hz or 0.0
        achieved = rate_hz if rate_hz < breaks_at[server] else rate_hz / 2
        figures = replace(made.figures, achieved_hz=achieved)
        return replace(made, workload=workload, figures=figures)

    monkeypatch.setattr(campaign, "_run", run)
    results = go_on(Plan(("knee",), servers=tuple(breaks_at), processes=1), begun())
    return {
        server: [run.workload.rate_hz or 0.0 for run in results.runs if run.server == server]
        for server in breaks_at
    }


def test_server_climbs_until_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server leaves the ladder at the rate that breaks it; the others go on."""
    offered = climbing(monkeypatch, {"a": 50.0, "b": 10**6, "c": 10**6})

    assert offered["a"] == [25.0, 100.0, 50.0]
    assert offered["b"] == [point.rate_hz for point in SCENARIOS["knee"].points]


def test_limit_is_looked_for_between_two_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more rate is offered between the last one kept and the one that broke a server."""
    offered = climbing(monkeypatch, {"a": 300.0, "b": 1000.0, "c": 10**6})

    assert offered["a"] == [25.0, 100.0, 400.0, 200.0]
    assert offered["b"] == [25.0, 100.0, 400.0, 1600.0, 800.0]


def test_server_that_is_left_alone_climbs_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """When all servers but one have broken, the best is known; a lone server climbs to the top."""
    offered = climbing(monkeypatch, {"a": 50.0, "b": 10**6})

    assert offered["b"] == [25.0, 100.0]
    assert len(climbing(monkeypatch, {"b": 10**6})["b"]) == len(SCENARIOS["knee"].points)


def test_ladder_with_a_limit_ends_where_it_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that misses the limit goes no further; a server that meets it goes to the top."""

    def run(scenario: str, server: str, process: int, workload: Workload, *_: object) -> Run:
        slow = server == "a" and workload.clients > 1000
        point = replace(workload, clients=4)
        made = make_run(server, 1e6 if slow else 1.0, scenario=scenario, workload=point)
        return replace(made, process=process, workload=workload)

    monkeypatch.setattr(campaign, "_run", run)

    results = go_on(Plan(("capacity",), servers=("a", "b"), processes=1), begun())

    clients = {
        server: [run.workload.clients for run in results.runs if run.server == server]
        for server in ("a", "b")
    }
    assert clients["a"] == [1000, 2000]
    assert clients["b"] == [point.clients for point in SCENARIOS["capacity"].points]


@pytest.mark.usefixtures("small")
def test_server_that_does_not_start_is_an_invalid_run() -> None:
    """A server that does not start makes its run invalid; the reason holds its last words."""
    (run,) = go_on(Plan(("closed",), servers=("no-such-server",), processes=1), begun()).runs

    assert run.verdict == "invalid"
    assert run.reason.startswith("the server did not start (exit code 2: ")
    assert "invalid: the server did not start" in run_line(run)


@pytest.mark.usefixtures("small")
def test_server_that_dies_is_an_invalid_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that dies during its run makes that run invalid, with a reason of one line."""

    @contextmanager
    def doomed(
        command: Sequence[str], core: int | None, _within_s: float
    ) -> Iterator[tuple[int, str]]:
        with serving(command, core) as (pid, address):
            os.kill(pid, signal.SIGKILL)
            yield pid, address

    monkeypatch.setattr(campaign, "serving", doomed)

    (run,) = go_on(Plan(("closed",), servers=(PLAIN,), processes=1), begun()).runs

    assert run.verdict == "invalid"
    assert "client 0 " in run.reason
    assert "\n" not in run.reason


def test_peers_are_judged_before_they_are_measured() -> None:
    """A peer is judged by the rules for peers, and its version is kept."""
    results = begin(Plan(("closed",), servers=("asyncio-direct",), peers=(PLAIN,), clients=4))

    assert set(results.judged) == {PLAIN}
    assert set(results.judged[PLAIN].values()) == {"pass"}
    assert (results.peer, results.skipped) == (PLAIN, {})
    assert set(results.versions) == {"asyncio-direct", PLAIN}


def test_unavailable_peer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a compiler the peers in C are skipped, and the reason is reported."""
    monkeypatch.setenv("CC", "no-such-compiler")
    said: list[str] = []

    results = begin(
        Plan(("closed",), servers=("asyncio-direct",), peers=("c-floor",), clients=4), said.append
    )

    assert "compiler" in results.skipped["c-floor"]
    assert any("load generator is in Python" in line for line in said)
    assert any(line.startswith("skipped c-floor: ") for line in said)
    assert results.environment.generator == "python"


def test_peer_that_breaks_a_rule_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that loses messages is not measured."""
    from benchmarks.peers.judging import Judgement

    lossy = Judgement("delivery.exactly-once", "fail", "c3 never got it")
    monkeypatch.setattr(campaign, "judge_peer", lambda address: [lossy])

    results = begin(Plan(("closed",), peers=(PLAIN,), clients=4))

    assert results.skipped == {PLAIN: "breaks delivery.exactly-once: c3 never got it"}


def test_too_many_clients_are_refused() -> None:
    """A campaign with more clients than the machine can hold is refused in one line."""
    with pytest.raises(LoadError, match="open files"):
        begin(Plan(("closed",), clients=10**9))


def test_whole_measurement_of_real_processes(small: Scenario) -> None:
    """One run each with real servers and a real generator holds everything that a run keeps."""
    plan = Plan(("closed",), servers=("trio-direct",), peers=(PLAIN,), processes=1)

    results = go_on(plan, begin(plan))

    assert set(order_of(results.runs)) == {"trio-direct", PLAIN}
    for run in results.runs:
        assert run.verdict != "invalid", run.reason
        assert run.figures
        assert run.account
        assert run.tally
        assert run.tally.expected == 4 * 43
        assert run.server in run_line(run)


def test_quick_plan_is_small() -> None:
    """A quick plan has one process of each, and at most 1,000 clients."""
    for scenario in Plan(tuple(SCENARIOS), quick=True).chosen():
        assert scenario.processes == 1
        assert all(point.clients <= 1000 for point in scenario.points)


def test_line_of_a_run_gives_its_result() -> None:
    """A closed loop gives its cost, an open loop percentiles, a counting run its calls."""
    rate = make_run("a", 10.0, scenario="knee", workload=replace(SMALL, rate_hz=50.0))

    assert run_line(make_run("a", 10.0)) == "closed a, process 1: 10.00 µs per delivery"
    assert run_line(rate).startswith("knee rate_hz=50.0 a, process 1: p50 0.0 p99 0.0 ms")
    assert run_line(replace(make_run("a", 10.0), process=0)) == "closed a: no system calls"
