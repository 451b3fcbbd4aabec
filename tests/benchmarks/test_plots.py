"""The charts, as they stand inside a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from benchmarks.plots import Section, sections
from tests.benchmarks.made import PEER, make_results, make_run


COSTS_US = {"asyncio-mutex": [12.0, 13.0, 14.0], "trio-direct": [5.0] * 3, PEER: [10.0] * 3}


@pytest.fixture(scope="module")
def charts() -> list[Section]:
    return sections(make_results(COSTS_US))


def test_every_chart_is_well_formed(charts: list[Section]) -> None:
    """Every chart is one well-formed picture with a text alternative."""
    pictures = [ET.fromstring(chart.svg) for chart in charts]

    assert len(pictures) == 3
    assert [picture.get("aria-label") for picture in pictures] == [
        chart.sentence for chart in charts
    ]


def test_chart_leaves_the_page_alone(charts: list[Section]) -> None:
    """No chart brings a style sheet, and no two elements of the page share an id."""
    page = "".join(chart.svg for chart in charts)
    ids = re.findall(r'\bid="([^"]*)"', page)

    assert "<style" not in page
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)
    assert set(re.findall(r"url\(#([^)]*)\)", page)) <= set(ids)


def test_chart_takes_its_colours_from_the_page(charts: list[Section]) -> None:
    """Every colour is the page's text colour or a custom property, so that both themes work."""
    for chart in charts:
        paints = set(re.findall(r"(?:fill|stroke): ([^;\"]+)", chart.svg))

        assert all(re.match(r"none|currentColor|var\(--chart-", paint) for paint in paints)


def test_text_is_in_the_font_of_the_page(charts: list[Section]) -> None:
    """Text stays text, and names no font of its own."""
    for chart in charts:
        assert "<text" in chart.svg
        assert "font-family" not in chart.svg


def test_table_has_a_row_for_each_server(charts: list[Section]) -> None:
    """What a chart shows stands in its table too, a row a server."""
    for chart in charts:
        assert [row[0] for row in chart.table.rows] == list(COSTS_US)
        assert {len(row) for row in chart.table.rows} == {len(chart.table.columns)}


def test_same_results_give_the_same_picture(charts: list[Section]) -> None:
    """Drawing is repeatable to the byte."""
    assert sections(make_results(COSTS_US)) == charts


def test_run_that_is_not_valid_reaches_no_chart() -> None:
    """A server whose run is not valid is named as left out and drawn nowhere."""
    lossy = make_run("lossy", 5.0, verdict="invalid", reason="deliveries: 1 lost")

    charts = sections(make_results({PEER: [10.0] * 3}, extra=[lossy]))

    assert "Left out: lossy (invalid: deliveries: 1 lost)." in charts[0].sentence
    assert all("lossy" not in re.sub(r"aria-label=\"[^\"]*\"", "", c.svg) for c in charts)


def test_nothing_valid_is_no_chart() -> None:
    """Without a valid run there is nothing to draw."""
    assert sections(make_results({}, extra=[make_run("x", 1.0, verdict="unknown")])) == []
