"""Two rounds compared: a row per cell, and a count per result."""

from __future__ import annotations

from dataclasses import replace

from hubbub.report_page.changes import changed
from tests.hubbub.report_page.made import round_of


def test_rounds_are_compared_cell_by_cell() -> None:
    """Twice the cost is "more" in every cell, and the counts say so."""
    found = changed(round_of(), round_of(2.0))

    closed = next(part for part in found.parts if part.title == "What a delivery costs")
    assert closed.counts == "4 more"
    assert {row[-1] for row in closed.rows} == {"more"}
    assert all(len(row) == len(part.columns) for part in found.parts for row in part.rows)
    assert found.environment == ()


def test_environment_is_compared() -> None:
    """Another kernel is said."""
    before = round_of()
    after = replace(before, environment=replace(before.environment, kernel="Linux 7"))

    assert changed(before, after).environment == ("kernel: Linux 6.1 -> Linux 7",)
