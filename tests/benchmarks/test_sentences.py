"""What is said of a measurement: computed, and never more than the figures carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from benchmarks import sentences
from benchmarks.load import Moment
from benchmarks.results import AGAIN, Results, Run
from benchmarks.scenarios import SCENARIOS
from benchmarks.summary import Cell, Summary, summarise
from benchmarks.workload import Workload
from tests.benchmarks.made import PEER, SMALL, make_results, make_run


def only(results: Results) -> Summary:
    (summary,) = summarise(results)
    return summary


def with_value(axis: str, value: Any) -> Workload:
    return replace(SMALL, messages=200, **{axis: value})


def walked(scenario: str, costs: Mapping[str, Mapping[int, float]]) -> Summary:
    """A scenario with an axis: server, value on the axis, cost; three processes each."""
    axis = SCENARIOS[scenario].axis
    runs = [
        make_run(
            server,
            cost_us,
            process=process,
            scenario=scenario,
            workload=with_value(axis, value),
        )
        for server, points in costs.items()
        for value, cost_us in points.items()
        for process in (1, 2, 3)
    ]
    return only(replace(make_results({}), runs=tuple(runs)))


def stalling(stretch: dict[str, float]) -> Summary:
    """The scenario ``slow``: by server, how much slower the others' deliveries are after it."""
    workload = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)
    runs: list[Run] = []
    for server, factor in stretch.items():
        run = make_run(server, 1000.0, scenario="slow", workload=workload)
        assert run.figures
        slices = tuple(
            replace(one, p99_ns=round(one.p99_ns * (factor if one.after_s >= 0.5 else 1)))
            for one in run.figures.slices
        )
        runs.append(replace(run, figures=replace(run.figures, slices=slices)))
    return only(replace(make_results({}), runs=tuple(runs)))


def test_cost_names_the_range_and_the_peer() -> None:
    """The cheapest, the dearest, and who is below the peer are named."""
    said = sentences.say(
        only(
            make_results({"a": [5.0, 5.1, 5.2], "b": [30.0, 31.0, 32.0], PEER: [10.0, 10.1, 10.2]})
        )
    )

    assert "5.10 µs at a to 31.0 µs at b" in said
    assert f"below {PEER}: a" in said
    assert "above it: b" in said


def test_servers_that_are_level_are_said_to_be() -> None:
    """Two servers whose processes lie among each other are not ranked."""
    said = sentences.say(
        only(make_results({"a": [5.0, 5.2, 5.1], "b": [5.1, 5.05, 5.25], PEER: [9.0, 9.1, 9.2]}))
    )

    assert "a and b cannot be told apart" in said


def test_who_is_level_with_the_peer_is_not_below_it() -> None:
    """Within the noise of the run nobody is said to be better than the peer."""
    costs = {"a": [9.0, 9.1, 9.2], "a" + AGAIN: [10.0, 10.1, 10.2], PEER: [10.0, 10.1, 10.2]}
    said = sentences.say(only(make_results(costs)))

    assert f"a and {PEER} cannot be told apart" in said
    assert "below" not in said


def test_few_processes_tell_nothing_apart() -> None:
    """With two processes each nobody is ranked."""
    said = sentences.say(only(make_results({"a": [5.0, 5.2], "b": [9.1, 9.5]})))

    assert "fewer than 3 processes" in said


def test_nothing_valid_is_said() -> None:
    """Without one valid run there is nothing but that to say."""
    lossy = make_run("a", 1.0, verdict="invalid", reason="deliveries: 9 lost")
    summary = only(make_results({}, [lossy]))

    assert sentences.say(summary) == "No server has a run that may be believed."
    assert sentences.left_out(summary) == "Left out: a (invalid: deliveries: 9 lost)."


def test_who_does_not_keep_up_is_named() -> None:
    """A server that falls behind in an open loop is in no percentile, and is named."""
    workload = replace(SMALL, rate_hz=100.0)
    runs = [
        make_run("a", 10.0, process=process, scenario="open", workload=workload)
        for process in (1, 2, 3)
    ]
    behind = make_run(
        "b", 1.0, scenario="open", workload=workload, verdict="unknown", reason="late", behind=True
    )
    summary = only(replace(make_results({}), runs=(*runs, behind)))

    assert "At 100 messages/s b could not keep up." in sentences.say(summary)
    assert "b (unknown: late)" in sentences.left_out(summary)


def test_who_delivers_later_and_later_is_named_and_not_ranked() -> None:
    """All of it came in the end, but ever later: that is no latency, and no place among them."""
    workload = replace(SMALL, rate_hz=100.0, messages=400)
    runs = [
        make_run(server, cost_us, process=process, scenario="open", workload=workload)
        for server, cost_us in (("a", 10.0), (PEER, 20.0), ("queueing", 9000.0))
        for process in (1, 2, 3)
    ]
    for number, run in enumerate(runs):
        if run.server == "queueing" and run.figures:
            runs[number] = replace(run, figures=replace(run.figures, achieved_hz=80.0))
    summary = only(replace(make_results({}), runs=tuple(runs)))

    said = sentences.say(summary)

    assert "At 100 messages/s queueing could not keep up." in said
    assert f"at a to 0.08 ms at {PEER}" in said
    assert [cell.outcome for cell in summary.cells] == ["valid", "valid", "behind"]


def test_noise_is_the_difference_between_equals() -> None:
    """A server that was measured twice says how far apart equals come out."""
    summary = only(make_results({"a": [10.0, 10.1, 10.2], "a" + AGAIN: [10.3, 10.2, 10.4]}))

    assert "differs by 2.0 %" in sentences.noise(summary, "cost")
    assert sentences.noise(only(make_results({"a": [1.0]})), "cost") == ""


def test_who_is_below_the_floor_is_doubted() -> None:
    """Nobody can be cheaper than a program that does nothing but send, but for the noise."""
    below = {"a": [2.0, 2.1, 2.05], sentences.FLOOR: [3.0, 3.1, 3.2]}
    level = {"a": [3.05, 2.9, 3.15], sentences.FLOOR: [3.0, 3.1, 3.2]}

    assert "a came out below c-floor" in sentences.floor(only(make_results(below)))
    assert sentences.floor(only(make_results(level))) == ""
    assert sentences.floor(only(make_results({"a": [1.0, 1.1, 1.2]}))) == ""


def test_wire_is_set_against_the_servers() -> None:
    """The bytes that were received, and the heads of their packet, at 1 Gbit/s."""

    def received(server: str, cost_us: float, size: int | None) -> Run:
        run = make_run(server, cost_us)
        assert run.account
        deliveries = SMALL.messages * SMALL.clients
        total = None if size is None else size * deliveries
        return replace(run, account=replace(run.account, received_bytes=total))

    def shown(*runs: Run) -> list[Cell]:
        return only(replace(make_results({}), runs=runs)).shown

    fast = shown(received("a", 10.0, 85), received("b", 1.0, 60))
    large = shown(received("a", 100.0, 65_000))

    assert sentences.wire_us(fast) == pytest.approx((85 + 90) * 8 / 1000)
    assert sentences.wire(fast).endswith("the limit of b.")
    assert sentences.wire(fast[:1]).endswith("sooner than any of these servers can send one.")
    assert sentences.wire_us(large) == pytest.approx((65_000 + 45 * 90) * 8 / 1000)
    assert sentences.wire(shown(received("a", 10.0, None))) == ""


def test_order_of_serving_is_told() -> None:
    """Serving in the order of connecting is said; the made-up server does just that."""
    assert "served in the order they connected" in sentences.strip(only(make_results({"a": [1.0]})))


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ({100: 5.0, 300: 5.0, 1000: 5.0}, "costs the same at a"),
        ({100: 5.0, 300: 9.0, 1000: 16.0}, r"the more clients there are at a (+0.5"),
        ({100: 16.0, 300: 9.0, 1000: 5.0}, "costs less at a (-0.5"),
        ({100: 5.0, 300: 5.0}, "Too few points"),
    ],
)
def test_slope_is_said_in_words(costs: dict[int, float], words: str) -> None:
    """How the cost goes with the clients is said, with the slope where there is one."""
    assert words in sentences.say(walked("scaling", {"a": costs}))


def test_sizes_tell_where_bytes_begin_to_count() -> None:
    """The largest message that costs about what the smallest does is named for each server."""
    said = sentences.say(walked("sizes", {"a": {16: 5.0, 1024: 6.0, 65536: 50.0}}))

    assert "up to 1,024 bytes at a" in said


def test_ladder_names_the_last_rung() -> None:
    """A ladder says how far each server got, and that it may have been further at the top."""
    low, *_, high = SCENARIOS["capacity"].points
    costs = {"a": {low.clients: 1.0, high.clients: 1.0}, "b": {low.clients: 1000.0}}

    said = sentences.say(walked("capacity", costs))

    assert f"a at least {high.clients:,} clients" in said
    assert f"the speaker has its own copy, p95 at {high.clients:,} is " in said
    assert "b not even the first step" in said


def test_stall_that_others_feel_is_told() -> None:
    """Servers at which the others wait for who stalls are told from those at which they do not."""
    said = sentences.say(stalling({"a": 1.1, "b": 50.0}))

    assert "With messages of 64 bytes nobody feels it at a; at b" in said
    assert "at b the others wait, at b for 150 ms" in said
    assert "it is cut off after 0.5 s (a) to 0.5 s (b)" in said


def test_who_kept_a_client_is_said_where_it_was_looked_at() -> None:
    """Without a look at the sockets nobody knows whether a peer has cut a client off."""
    summary = stalling({"a": 1.1})
    (cell,) = summary.cells
    (run,) = cell.runs

    def said(open_files: int | None) -> str:
        assert run.figures
        assert run.account
        looks = tuple(Moment(0.2 * n, 1, open_files) for n in range(1, 5))
        account = replace(run.account, moments=looks)
        unheard = replace(run, figures=replace(run.figures, cut_off_s=()), account=account)
        return sentences.say(replace(summary, cells=(replace(cell, runs=(unheard,)),)))

    assert "a kept its connection to the end" in said(9)
    assert "kept" not in said(None)


def test_stall_that_stops_a_room_is_told() -> None:
    """A server that delivers to nobody any more has no figures, and is named all the same."""
    summary = stalling({"a": 1.1, "b": 1.1})
    calm, stopped = summary.cells
    behind = make_run("b", 1.0, scenario="slow", workload=calm.workload, behind=True)
    summary = replace(
        summary, cells=(calm, replace(stopped, runs=(replace(behind, verdict="unknown"),)))
    )

    assert "nobody feels it at any of them" in sentences.say(stalling({"a": 1.1}))
    assert "nobody feels it at a; at b it stops the room" in sentences.say(summary)


def test_order_is_said_where_every_process_keeps_it() -> None:
    """A server whose processes go one way and the other has no order, whatever the median is."""
    orders = {"kept": [1.0, 1.0, 1.0], "turned": [-1.0, 1.0, 1.0], "reversed": [-1.0, -1.0, -1.0]}
    runs = [
        replace(run, figures=replace(run.figures, order_correlation=order))
        for server, values in orders.items()
        for process, order in enumerate(values, start=1)
        if (run := make_run(server, 5.0, process=process)).figures
    ]

    said = sentences.strip(only(replace(make_results({}), runs=tuple(runs))))

    assert "t kept recipients are served in the order they connected" in said
    assert "at reversed the last to come hears first" in said
    assert "at turned there is no such order" in said


def test_advice_names_ours_and_what_it_costs() -> None:
    """The advice picks among ours, names all that tie, and sets them against the peer."""
    results = make_results({"a": [5.0, 5.2, 5.1], "b": [5.1, 5.05, 5.25], PEER: [2.0, 2.1, 2.2]})

    lines = sentences.advice(summarise(results), lambda server: server != PEER)

    assert lines[0] == (
        "the least processor for a message",
        "a and b",
        f"5.1 µs a delivery, 2.43 times {PEER}",
    )


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_joined(names: Sequence[str], text: str) -> None:
    """Names are joined as a sentence joins them."""
    assert sentences.and_(names) == text


def test_every_scenario_can_be_said() -> None:
    """Whatever was measured, there is a sentence for it."""
    for name, scenario in SCENARIOS.items():
        point = scenario.points[0]
        small: Workload = replace(
            point,
            clients=min(point.clients, 150),
            messages=60,
            rate_hz=point.rate_hz and 20.0,
            stall_after_s=min(1.0, point.stall_after_s),
        )
        runs = [
            make_run(server, 10.0 + process, process=process, scenario=name, workload=small)
            for server in ("asyncio-mutex", PEER)
            for process in (1, 2, 3)
        ]
        summary = only(replace(make_results({}), runs=tuple(runs)))

        said = sentences.say(summary)

        assert said.endswith(".")
        assert said[0].isupper() or said[0].isdigit()
