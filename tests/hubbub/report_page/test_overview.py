"""The table of all servers: values as in the sections, and the best of ours marked."""

from __future__ import annotations

from benchmarks.summary import summarise
from hubbub.report_page.overview import overview
from tests.benchmarks.made import PEER
from tests.hubbub.report_page.made import COSTS_US, round_of


def ours(server: str) -> bool:
    """Return whether a server is ours."""
    return server != PEER


def test_every_server_has_a_row() -> None:
    """Every server is in the table, in the order of measurement, with a value per column."""
    table = overview(summarise(round_of()), ours)

    assert [server for server, _ in table.rows] == list(COSTS_US)
    assert all(len(values) == len(table.columns) for _, values in table.rows)
    assert {column.section for column in table.columns} == {"knee", "closed", "slow"}


def test_best_of_ours_is_marked() -> None:
    """The lowest cost of our servers is marked; a peer never is."""
    table = overview(summarise(round_of()), ours)
    column = [one.heading for one in table.columns].index("cost of a delivery")

    marked = [server for server, values in table.rows if values[column].best]

    assert marked == ["asyncio-direct"]
    assert not any(
        value.best for server, values in table.rows for value in values if server == PEER
    )


def test_server_that_breaks_reaches_less() -> None:
    """The column of the load curve says the last step, and that the last of all was no limit."""
    table = dict(overview(summarise(round_of()), ours).rows)

    assert table["trio-mutex"][0].text == "50"
    assert table["asyncio-direct"][0].text == "≥ 100"


def test_nothing_measured_is_no_table() -> None:
    """Without a summary there is no row."""
    assert overview([], ours).rows == ()
