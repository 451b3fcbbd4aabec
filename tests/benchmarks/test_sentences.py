"""What is said of a chart: what the figures carry, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks import sentences
from benchmarks.results import Results, Run
from benchmarks.sentences import Shown
from benchmarks.summary import summarise
from tests.benchmarks.made import PEER, make_results, make_run


def shown(results: Results) -> Shown:
    return [(row.server, row.figures) for row in summarise(results) if row.figures]


def cost_sentence(**costs_us: Sequence[float]) -> str:
    """The sentence on servers named by one word; ``peer`` stands for the peer."""
    named = {PEER if name == "peer" else name: costs for name, costs in costs_us.items()}
    return sentences.cost(shown(make_results(named)), PEER)


def test_range_and_sides_of_the_peer_are_named() -> None:
    """The sentence names the cheapest, the dearest, and who is on which side of the peer."""
    said = cost_sentence(fast=[5.0, 5.1, 5.2], slow=[20.0, 20.2, 20.4], peer=[10.0, 10.1, 10.2])

    assert said == (
        "A delivery costs from 5.1 µs at fast to 20.2 µs at slow; "
        f"fast costs less than {PEER}; slow costs more than {PEER}."
    )


def test_level_servers_are_not_ranked() -> None:
    """Two servers whose processes overlap are said to be level."""
    said = cost_sentence(one=[10.0, 12.0, 11.0], other=[10.5, 11.5, 12.5])

    assert "one and other cannot be told apart" in said


def test_server_level_with_the_peer_is_on_no_side() -> None:
    """A server that cannot be told apart from the peer costs neither less nor more."""
    said = cost_sentence(one=[10.0, 12.0, 11.0], peer=[10.5, 11.5, 12.5])

    assert f"one and {PEER} cannot be told apart" in said
    assert "less than" not in said
    assert "more than" not in said


def test_few_processes_are_not_ranked() -> None:
    """With two processes each the sentence says that they tell nothing apart."""
    said = cost_sentence(one=[10.0, 10.0], other=[90.0, 90.0])

    assert "fewer than 3 processes each tell no two servers apart" in said


def test_one_server_is_compared_with_nobody() -> None:
    """A server alone has its cost said and no comparison."""
    assert cost_sentence(peer=[10.0] * 3) == f"A delivery costs 10.0 µs at {PEER}."


def test_spectrum_of_alike_tails_names_no_longest() -> None:
    """Where no tail stands out, none is called the longest."""
    said = sentences.spectrum(shown(make_results({"one": [10.0] * 3, "other": [20.0] * 3})))

    assert said == (
        "Half of the messages have reached everyone within 0.0 ms (one) to 0.1 ms (other), "
        "99 in 100 within 0.0 ms (one) to 0.1 ms (other); whose tail is longest cannot be told."
    )


def test_long_tail_is_named() -> None:
    """A server whose slow messages are far slower in every process has the longest tail."""

    def with_tail(run: Run, factor: int) -> Run:
        last_ns = (*run.last_ns[2:], *(ns * factor for ns in run.last_ns[:2]))
        return replace(run, last_ns=last_ns)

    results = make_results({"calm": [10.0] * 3, "jumpy": [10.0] * 3})
    runs = tuple(
        with_tail(run, 9 if run.server == "jumpy" else 2) if run.process else run
        for run in results.runs
    )

    said = sentences.spectrum(shown(replace(results, runs=runs)))

    assert said.endswith("; the tail is longest at jumpy.")


def test_order_of_serving_is_said_of_each_server() -> None:
    """Servers that serve in the order of connecting are told from those that do not."""
    results = make_results({"one": [10.0] * 3, "other": [10.0] * 3})
    runs = tuple(
        replace(run, order_correlation=0.1) if run.server == "other" else run
        for run in results.runs
    )

    said = sentences.delivery(shown(replace(results, runs=runs)))

    assert said.startswith("At one recipients are served in the order they connected")
    assert said.endswith("at other they are not served in the order they connected.")


def test_left_out_runs_are_named_with_their_reason() -> None:
    """Who is in no chart, or in it with fewer processes, is named with the reason."""
    lossy = make_run("lossy", 5.0, verdict="invalid", reason="deliveries: 1 lost")
    crowded = make_run("busy", 50.0, verdict="unknown", reason="crowded")

    rows = summarise(make_results({"busy": [10.0] * 3}, extra=[crowded, lossy]))

    assert sentences.left_out(rows) == (
        "Left out: 1 of 4 processes of busy (crowded); lossy (invalid: deliveries: 1 lost)."
    )


def test_nothing_left_out_is_not_mentioned() -> None:
    """Where every run is in, nothing is said of it."""
    assert sentences.left_out(summarise(make_results({"one": [10.0] * 3}))) == ""
