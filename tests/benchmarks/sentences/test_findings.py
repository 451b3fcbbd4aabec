"""What each scenario found: a sentence, and groups of servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.scenarios import SCENARIOS
from benchmarks.sentences.findings import say, serving_order
from benchmarks.workload import Workload
from tests.benchmarks.made import PEER, SMALL, make_results, make_run
from tests.benchmarks.sentences.summaries import groups, only, walked


def test_cost_names_the_range_and_the_peer() -> None:
    """The cheapest and the most expensive server are named, and the servers beside the peer."""
    found = say(
        only(
            make_results({"a": [5.0, 5.1, 5.2], "b": [30.0, 31.0, 32.0], PEER: [10.0, 10.1, 10.2]})
        )
    )

    assert found.sentence == "A delivery costs 5.10 µs (a) to 31.0 µs (b)."
    assert groups(found) == {
        f"lower than {PEER} (ratio)": ["a 0.50 (0.49-0.52)"],
        f"higher than {PEER} (ratio)": ["b 3.07 (2.94-3.20)"],
    }


def test_no_valid_run_is_said() -> None:
    """Without a valid run there is nothing else to say."""
    lossy = make_run("a", 1.0, verdict="invalid", reason="deliveries: 9 lost")

    assert say(only(make_results({}, [lossy]))).sentence == "No server has a valid run."


def test_server_that_does_not_keep_up_is_named() -> None:
    """A server that falls behind in an open loop has no percentile, and is named."""
    workload = replace(SMALL, rate_hz=100.0)
    runs = [
        make_run("a", 10.0, process=process, scenario="open", workload=workload)
        for process in (1, 2, 3)
    ]
    behind = make_run(
        "b", 1.0, scenario="open", workload=workload, verdict="unknown", reason="late", behind=True
    )

    found = say(only(replace(make_results({}), runs=(*runs, behind))))

    assert groups(found)["did not keep up with 100 messages/s"] == ["b"]


def test_server_with_a_growing_queue_is_not_ranked() -> None:
    """A server that delivers everything, but later and later, has no latency worth ranking."""
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

    found = say(summary)

    assert groups(found)["did not keep up with 100 messages/s"] == ["queueing"]
    assert found.sentence.endswith(f"(a) to 0.08 ms ({PEER}).")
    assert [cell.outcome for cell in summary.cells] == ["valid", "valid", "behind"]


def test_fixed_serving_order_is_said() -> None:
    """The made-up server serves its clients in the order of connecting."""
    found = serving_order(only(make_results({"a": [1.0]})))

    assert found.sentence.startswith("1 of 1 servers serve their clients in the same order")
    assert groups(found) == {"in the order of connecting": ["a"]}


def test_serving_order_counts_only_if_every_process_has_it() -> None:
    """A server whose processes serve in opposite orders has no fixed order."""
    orders = {"kept": [1.0, 1.0, 1.0], "turned": [-1.0, 1.0, 1.0], "reversed": [-1.0, -1.0, -1.0]}
    runs = [
        replace(run, figures=replace(run.figures, order_correlation=order))
        for server, values in orders.items()
        for process, order in enumerate(values, start=1)
        if (run := make_run(server, 5.0, process=process)).figures
    ]

    found = groups(serving_order(only(replace(make_results({}), runs=tuple(runs)))))

    assert found == {
        "in the order of connecting": ["kept"],
        "in the reverse order": ["reversed"],
        "in no fixed order": ["turned"],
    }


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ({100: 5.0, 300: 5.0, 1000: 5.0}, "hardly changes with the number of clients: a"),
        ({100: 5.0, 300: 9.0, 1000: 16.0}, "rises with the number of clients (slope): a (+0.5"),
        ({100: 16.0, 300: 9.0, 1000: 5.0}, "falls with the number of clients (slope): a (-0.5"),
    ],
)
def test_slope_is_said_in_words(costs: dict[int, float], words: str) -> None:
    """Servers are grouped by how their cost changes with the clients, with the slope."""
    (group,) = say(walked("scaling", {"a": costs})).groups

    assert str(group).startswith(words)


def test_two_points_have_no_slope() -> None:
    """A slope needs three points."""
    assert "too few points" in say(walked("scaling", {"a": {100: 5.0, 300: 5.0}})).sentence


def test_largest_cheap_message_is_named() -> None:
    """Servers are grouped by the largest message that costs about as much as the smallest one."""
    found = say(walked("sizes", {"a": {16: 5.0, 1024: 6.0, 65536: 50.0}}))

    assert groups(found) == {"1,024 bytes": ["a"]}


def test_every_scenario_has_a_finding() -> None:
    """For every scenario there are whole sentences."""
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

        said = say(only(replace(make_results({}), runs=tuple(runs)))).sentence

        assert said.endswith(".")
        assert said[0].isupper() or said[0].isdigit()
