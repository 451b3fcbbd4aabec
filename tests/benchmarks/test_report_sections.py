"""The sections of a report: computed from valid runs only, and self-contained."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from benchmarks.report_sections import LOADS, sections
from benchmarks.results import Results
from benchmarks.scenarios import SCENARIOS
from tests.benchmarks.made import PEER, make_results, make_run


def everything() -> Results:
    """Return a few small runs of every scenario."""
    runs = []
    for name, scenario in SCENARIOS.items():
        for point in scenario.points:
            small = replace(
                point,
                clients=min(point.clients, 300),
                payload_bytes=point.payload_bytes,
                messages=60,
                rate_hz=point.rate_hz and min(point.rate_hz, 40.0),
                stall_after_s=min(1.0, point.stall_after_s),
            )
            runs += [
                make_run(server, cost_us, process=process, scenario=name, workload=small)
                for server, cost_us in (("asyncio-mutex", 20.0), ("c-floor", 3.0), (PEER, 9.0))
                for process in (1, 2, 3)
            ]
    return replace(make_results({}), runs=tuple(runs))


@pytest.fixture(scope="module")
def drawn() -> dict[str, object]:
    return {section.name: section for section in sections(everything())}


def test_every_scenario_has_its_section(drawn: dict[str, object]) -> None:
    """Every scenario has a section: load curves first, then in the order of measurement."""
    assert list(drawn) == sorted(SCENARIOS, key=lambda name: name not in LOADS)


def test_every_chart_is_markup_with_a_sentence() -> None:
    """A chart is well-formed, described, has a sentence, and loads nothing from the network."""
    for section in sections(everything()):
        for chart in section.charts:
            root = ElementTree.fromstring(chart.svg)
            assert root.get("aria-label") == chart.alt
            assert chart.alt.endswith(".")
            assert chart.alt != chart.finding.sentence
            assert chart.finding.sentence.endswith(".")
            assert "http" not in chart.svg.replace("http://www.w3.org/", "")


def test_same_results_draw_the_same() -> None:
    """The same results give the same report, byte for byte."""
    results = make_results({"a": [1.0, 1.1, 1.2]})

    assert sections(results) == sections(results)


def test_run_that_is_not_valid_is_in_no_chart() -> None:
    """A server without a valid run is named, and is in no chart."""
    lossy = make_run("trio-mutex", 1.0, verdict="invalid", reason="deliveries: 1 lost")

    (section,) = sections(make_results({"asyncio-mutex": [5.0, 5.1, 5.2]}, [lossy]))

    assert all("trio-mutex" not in chart.svg for chart in section.charts)
    assert any("trio-mutex (invalid: deliveries: 1 lost)" in text for text in section.remarks)
    assert [row[-1] for row in section.table.rows] == ["valid", "invalid"]


def test_nothing_valid_is_no_picture() -> None:
    """Without a valid run there is a sentence and a table, and no chart."""
    lossy = make_run("trio-mutex", 1.0, verdict="invalid", reason="deliveries: 1 lost")

    (section,) = sections(make_results({}, [lossy]))

    assert [chart.svg for chart in section.charts] == [""]
