"""The answer for each position of the sliders: looked up from `benchmarks.capacity`."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks.capacity import grid, rank
from hubbub.report_page.answers import answers, positions, rows
from tests.benchmarks.made import make_results
from tests.hubbub.report_page.made import round_of


def test_positions_hold_every_measured_value() -> None:
    """A slider stands at every measured value, and never outside of them."""
    found = positions([25, 400, 1600])

    assert {25.0, 400.0, 1600.0} <= set(found)
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (25.0, 1600.0)
    assert max(b / a for a, b in pairwise(found)) < 1.3


def test_clients_are_whole() -> None:
    """There is no half client."""
    assert all(value == int(value) for value in positions([10, 5000], whole=True))


@pytest.mark.parametrize("rate_hz", [50.0, 63.0, 100.0])
def test_answer_is_that_of_capacity(rate_hz: float) -> None:
    """Order, values and kind of each answer are those of `rank`, measured or interpolated."""
    found = answers(round_of())
    assert found is not None
    cell = found["cells"][0][found["rates"].index(rate_hz)]

    ranked = [one for one in rank(grid(round_of()), 50, rate_hz) if one.p99_ms is not None]

    assert [found["servers"][row[0]] for row in cell["kept"]] == [one.server for one in ranked]
    assert [row[1] for row in cell["kept"]] == pytest.approx([o.p99_ms for o in ranked], rel=0.01)
    assert [bool(row[4]) for row in cell["kept"]] == [one.state == "measured" for one in ranked]


def test_broken_server_is_listed_and_not_ranked() -> None:
    """A server that broke at this load has no row, and stands in the list of the broken ones."""
    found = answers(round_of())
    assert found is not None

    table, left = rows(found)

    assert found["start"] == {"clients": 50.0, "rate": 100.0}
    assert [row["server"] for row in table] == ["asyncio-direct", "go-gorilla", "asyncio-mutex"]
    assert [row["against"] for row in table] == ["first", "2.3", "5.0"]
    assert left["broke"] == ["trio-mutex"]


def test_few_processes_are_no_test() -> None:
    """With one process per server a ratio is shown with a question mark, and never as a tie."""
    results = round_of()
    single = replace(results, runs=tuple(run for run in results.runs if run.process == 1))
    found = answers(single)
    assert found is not None

    table, _ = rows(found)

    assert [row["against"] for row in table] == ["first", "2.2 ?", "5.1 ?"]


def test_round_without_loads_has_no_answers() -> None:
    """A round of closed loops alone cannot answer for a rate."""
    assert answers(make_results({"asyncio-mutex": [5.0]})) is None
