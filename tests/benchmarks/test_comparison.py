"""Two measurements side by side."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from benchmarks.comparison import print_comparison
from benchmarks.results import AGAIN, Results
from tests.benchmarks.made import PEER, make_results


def compared(before: Results, after: Results) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_comparison(before, after, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_measurement_ties_with_itself() -> None:
    """The same results twice: the environment is the same, and every server is tied."""
    results = make_results({"a": [5.0, 5.2, 5.1], PEER: [9.0, 9.1, 9.2]})

    text = compared(results, results)

    assert "The environment is the same." in text
    assert text.count("tied") == 2


def test_difference_within_the_noise_is_a_tie() -> None:
    """A ratio nearer to 1 than twice the difference of a server from itself is a tie."""
    costs = {"a": [5.0, 5.05, 5.1], "a" + AGAIN: [5.4, 5.45, 5.5]}
    after = {"a": [5.5, 5.55, 5.6], "a" + AGAIN: [5.5, 5.55, 5.6]}

    text = " ".join(compared(make_results(costs), make_results(after)).split())

    assert "a 5.05 5.55 1.10 (1.08-1.12) tied" in text


def test_change_is_seen_and_named() -> None:
    """A higher cost is named with its ratio, and so is a change of the environment."""
    before = make_results({"a": [5.0, 5.2, 5.1], PEER: [9.0, 9.1, 9.2]})
    after = make_results({"a": [10.0, 10.4, 10.2], PEER: [9.1, 9.0, 9.2]})
    after = replace(after, environment=replace(after.environment, python="CPython 3.13.0"))

    text = compared(before, after)

    assert "python: CPython 3.11.0 -> CPython 3.13.0" in text
    assert "include that change" in " ".join(text.split())
    assert "2.00 (1.92-2.08) more" in " ".join(text.split())


def test_nothing_in_common_is_said() -> None:
    """Two measurements of different servers share nothing."""
    assert "share no server with the same workload" in compared(
        make_results({"a": [1.0]}), make_results({"b": [1.0]})
    )
