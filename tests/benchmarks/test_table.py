"""Results on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from benchmarks.estimates import Interval
from benchmarks.results import Results
from benchmarks.table import print_tables, ratio_text
from tests.benchmarks.made import PEER, make_results, make_run


def printed(results: Results) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_tables(results, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_table_fits_a_narrow_terminal() -> None:
    """Every line fits into 80 columns, even with the longest id and the largest ratio."""
    lossy = make_run("trio-broadcaster", 1.0, verdict="invalid", reason="deliveries: 12 lost")
    costs = {"threads-broadcaster": [123.4, 120.0, 119.9], PEER: [5.0, 5.2, 5.1]}

    text = printed(make_results(costs, [lossy]))

    assert max(map(len, text.splitlines())) <= 80
    assert "threads-broadcaster" in text
    assert "invalid" in text
    assert "12 lost" in text


def test_groups_of_servers_are_printed() -> None:
    """Tied servers stand on a line of their own below the finding."""
    text = printed(make_results({"a": [5.0, 5.2, 5.1], "b": [5.1, 5.05, 5.25]}))

    assert "A delivery costs 5.10 µs (no two servers can be told apart)." in text
    assert "\n  tied at 5.10 µs: a, b\n" in text


def test_ratio_is_written_with_its_interval() -> None:
    """A ratio has its interval, or a question mark if there is none; no ratio is a dash."""
    assert ratio_text(Interval(1.1, 1.2, 1.3)) == "1.20 (1.10-1.30)"
    assert ratio_text(Interval(0.0, 1.2, float("inf"))) == "1.20 (?)"
    assert ratio_text(Interval(10.0, 12.0, 14.0)) == "12.0 (10.0-14.0)"
    assert ratio_text(Interval(0.004, 0.0051, 0.006)) == "0.0051 (0.004-0.006)"
    assert ratio_text(None) == "-"
