"""Results on a terminal, and two of them side by side."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from benchmarks.comparison import print_comparison
from benchmarks.measure import Interval
from benchmarks.results import AGAIN, Results
from benchmarks.table import print_tables, ratio_text
from tests.benchmarks.made import PEER, make_results, make_run


def printed(results: Results) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_tables(results, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def compared(before: Results, after: Results) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_comparison(before, after, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_table_fits_a_narrow_terminal() -> None:
    """Every line fits into 80 columns, with the longest id and the largest ratio."""
    lossy = make_run("trio-broadcaster", 1.0, verdict="invalid", reason="deliveries: 12 lost")
    costs = {"threads-broadcaster": [123.4, 120.0, 119.9], PEER: [5.0, 5.2, 5.1]}

    text = printed(make_results(costs, [lossy]))

    assert max(map(len, text.splitlines())) <= 80
    assert "threads-broadcaster" in text
    assert "invalid" in text
    assert "12 lost" in text


def test_ratio_is_written_with_its_interval() -> None:
    """A ratio has its interval; one that has no bounds says so; none is a dash."""
    assert ratio_text(Interval(1.1, 1.2, 1.3)) == "1.20 (1.10-1.30)"
    assert ratio_text(Interval(0.0, 1.2, float("inf"))) == "1.20 (?)"
    assert ratio_text(Interval(10.0, 12.0, 14.0)) == "12.0 (10.0-14.0)"
    assert ratio_text(None) == "-"


def test_measurement_is_not_told_from_itself() -> None:
    """The same results twice: one environment, every ratio 1, nothing to tell apart."""
    results = make_results({"a": [5.0, 5.2, 5.1], PEER: [9.0, 9.1, 9.2]})

    text = compared(results, results)

    assert "The environment is the same." in text
    assert text.count("cannot be told apart") == 2


def test_difference_within_the_noise_is_none() -> None:
    """What is nearer than twice the difference between equals is not told apart."""
    costs = {"a": [5.0, 5.05, 5.1], "a" + AGAIN: [5.4, 5.45, 5.5]}
    after = {"a": [5.5, 5.55, 5.6], "a" + AGAIN: [5.5, 5.55, 5.6]}

    text = " ".join(compared(make_results(costs), make_results(after)).split())

    assert "a 5.05 5.55 1.10 (1.08-1.12) cannot be told apart" in text


def test_change_is_seen_and_named() -> None:
    """What became dearer, and what changed around it, is said with the ratio."""
    before = make_results({"a": [5.0, 5.2, 5.1], PEER: [9.0, 9.1, 9.2]})
    after = make_results({"a": [10.0, 10.4, 10.2], PEER: [9.1, 9.0, 9.2]})
    after = replace(after, environment=replace(after.environment, python="CPython 3.13.0"))

    text = compared(before, after)

    assert "python: CPython 3.11.0 -> CPython 3.13.0" in text
    assert "measures that change too" in text
    assert "2.00 (1.92-2.08) more" in " ".join(text.split())


def test_nothing_in_common_is_said() -> None:
    """Two measurements of different servers have nothing to compare."""
    assert "no server and workload in common" in compared(
        make_results({"a": [1.0]}), make_results({"b": [1.0]})
    )
