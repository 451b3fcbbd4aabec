"""How far the numbers of a scenario can be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.results import AGAIN, Run
from benchmarks.sentences import remarks
from benchmarks.summary import Cell
from tests.benchmarks.made import SMALL, make_results, make_run
from tests.benchmarks.sentences.summaries import only


def test_noise_is_the_ratio_of_a_server_to_itself() -> None:
    """A server that was measured twice shows how far apart equal servers can be."""
    summary = only(make_results({"a": [10.0, 10.1, 10.2], "a" + AGAIN: [10.3, 10.2, 10.4]}))

    assert remarks.noise(summary, "cost").startswith(
        "The same server measured twice: ratio 1.02, plausibly 1.00 to 1.04."
    )
    assert remarks.noise(only(make_results({"a": [1.0]})), "cost") == ""


def test_server_below_the_floor_is_not_trusted() -> None:
    """No server can cost less than a program that does nothing but send, except by noise."""
    below = {"a": [2.0, 2.1, 2.05], remarks.FLOOR: [3.0, 3.1, 3.2]}
    level = {"a": [3.05, 2.9, 3.15], remarks.FLOOR: [3.0, 3.1, 3.2]}

    assert (
        "a delivery costs less at a than at c-floor"
        in remarks.floor(only(make_results(below))).sentence
    )
    assert remarks.floor(only(make_results(level))).sentence == ""
    assert remarks.floor(only(make_results({"a": [1.0, 1.1, 1.2]}))).sentence == ""


def test_runs_that_do_not_count_are_named() -> None:
    """A server without a valid run is named with its verdict, another one with its lost runs."""
    lossy = make_run("a", 1.0, verdict="invalid", reason="deliveries: 9 lost")
    crowded = make_run("b", 1.0, process=2, verdict="unknown", reason="other programs")

    assert remarks.left_out(only(make_results({}, [lossy]))) == (
        "Left out: a (invalid: deliveries: 9 lost)."
    )
    assert remarks.left_out(only(make_results({"b": [1.0]}, [crowded]))) == (
        "Left out: 1 of 2 runs of b (other programs)."
    )
    assert remarks.left_out(only(make_results({"b": [1.0]}))) == ""


def test_network_is_compared_with_the_servers() -> None:
    """A link of 1 Gbit/s carries the received bytes and the headers of their packets."""

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

    assert remarks.wire_us(fast) == pytest.approx((85 + 90) * 8 / 1000)
    assert remarks.wire(fast).endswith("the limit of b.")
    assert remarks.wire(fast[:1]).endswith("less time than any of these servers needs.")
    assert remarks.wire_us(large) == pytest.approx((65_000 + 45 * 90) * 8 / 1000)
    assert remarks.wire(shown(received("a", 10.0, None))) == ""
