"""The data of the charts: the medians of the round, and a mark where a server breaks."""

from __future__ import annotations

import json

import pytest

from benchmarks.chart_styles import styles_of
from benchmarks.summary import summarise
from hubbub.report_page.plots import Plot, plot_of, plots, styles
from tests.hubbub.report_page.made import COSTS_US, RATES_HZ, round_of


@pytest.fixture(scope="module")
def drawn() -> dict[str, Plot]:
    return {plot["name"]: plot for plot in plots({"": round_of()})}


def test_load_curve_holds_the_medians(drawn: dict[str, Plot]) -> None:
    """Each point is the median that the summary computes, in four digits."""
    (knee,) = [one for one in summarise(round_of()) if one.scenario.name == "knee"]
    p99 = drawn["knee"]["views"][0]

    (line,) = [line for line in p99["lines"] if line["server"] == "asyncio-direct"]

    values = [cell.value("p99") for cell in knee.of("asyncio-direct")]
    assert [rate for rate, _ in line["at"]] == list(RATES_HZ)
    assert [value for _, value in line["at"]] == pytest.approx(values, rel=1e-3)


def test_breaking_point_is_marked(drawn: dict[str, Plot]) -> None:
    """The line of a server ends with a mark at the load that it did not keep up with."""
    for view in drawn["knee"]["views"]:
        (line,) = [line for line in view["lines"] if line["server"] == "trio-mutex"]
        assert [len(point) for point in line["at"]] == [2, 2, 3]
        assert line["at"][-1] == [100.0, None, 1]


def test_longest_messages_come_first(drawn: dict[str, Plot]) -> None:
    """The chart of a stalled client first shows the longest messages, where most happens."""
    assert [view["name"] for view in drawn["slow"]["views"]] == ["8,192 bytes", "2,048 bytes"]
    assert drawn["slow"]["views"][0]["mark"] == 0.5


def test_two_rounds_share_their_axes() -> None:
    """Lines of two rounds stand in the same views, each with the name of its round."""
    for plot in plots({"before": round_of(2.0), "after": round_of()}):
        for view in plot["views"]:
            assert {line["round"] for line in view["lines"]} == {"before", "after"}
            assert len(view["lines"]) == 2 * len(COSTS_US)


def test_data_are_plain() -> None:
    """The data are JSON that every browser reads: no NaN, no infinity."""
    found = plots({"": round_of()})

    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_servers_look_as_in_the_pictures() -> None:
    """Marker and colour of a server are those of every other chart."""
    expected = styles_of(list(COSTS_US))

    found = styles({"": round_of()})

    assert list(found) == list(COSTS_US)
    for server, style in expected.items():
        assert found[server]["marker"] == style.marker
        assert style.colour in found[server]["colour"]


def test_chart_of_dots_stays_a_picture() -> None:
    """A plot takes the place of lines only: the brackets of the dots are in no plot."""
    assert plot_of("knee", "p99") == "knee"
    assert plot_of("open", "p99") == ""
    assert plot_of("open", "response") == "open"
    assert plot_of("sizes", "p99") == "sizes-p99"
