"""The sections of a report: computed from valid runs only, and self-contained."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from benchmarks.chart_styles import BROKE
from benchmarks.report_sections import LOADS, Section, sections
from benchmarks.results import AGAIN, Results
from benchmarks.scenarios import SCENARIOS
from hubbub.report import render
from tests.benchmarks.made import PEER, SMALL, make_results, make_run


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
def drawn() -> dict[str, Section]:
    return {section.name: section for section in sections(everything())}


def test_every_scenario_has_its_section(drawn: dict[str, Section]) -> None:
    """Every scenario has a section: load curves first, then in the order of measurement.

    The two that show the cost of growth follow each other, and the Pythons come last.
    """
    last = [name for name, one in SCENARIOS.items() if one.axis == "python"]
    growing = ["scaling", "sizes"]
    others = [name for name in SCENARIOS if name not in (*LOADS, *growing, *last)]

    assert list(drawn) == [*LOADS, *others, *growing, *last]


def test_results_without_a_chart_have_their_sections_all_the_same() -> None:
    """Where only the repetition of a server is valid, or no server kept up, nothing is drawn."""
    outrun = replace(SMALL, rate_hz=1000.0)
    runs = [
        make_run(PEER, 9.0, verdict="unknown", reason="other programs took the processor"),
        make_run(PEER + AGAIN, 9.0),
        *(make_run(PEER, 9000.0, process=n, scenario="open", workload=outrun) for n in (1, 2, 3)),
    ]

    page = render(make_results({}, runs))

    assert "What a delivery costs" in page
    closed, opened = sections(make_results({}, runs))
    assert [chart.svg for chart in closed.charts] == [""]
    assert "p99" not in [chart.name for chart in opened.charts]


def test_every_chart_is_markup_with_a_sentence(drawn: dict[str, Section]) -> None:
    """A chart is well-formed, described, has a sentence, and loads nothing from the network."""
    for section in drawn.values():
        if section.matrices and not section.charts[0].svg:
            continue  # a table says everything
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


def test_doubted_servers_are_marked_in_the_chart() -> None:
    """A server with runs that do not count has a mark behind its name, with a legend."""
    crowded = make_run("b", 9.0, process=4, verdict="unknown", reason="other programs")
    costs = {"a": [5.0, 5.1, 5.2], "b": [7.0, 7.1, 7.2], "c-floor": [6.0, 6.1, 6.2]}

    (section,) = sections(make_results(costs, [crowded]))

    svg = section.charts[0].svg
    assert ">b ?<" in svg
    assert ">a !<" in svg
    assert "some of its runs do not count" in svg
    assert "costs less than c-floor" in svg


def test_server_that_does_not_keep_up_has_no_line() -> None:
    """Its latency is the length of the run, so it is named with a cross, and has no line."""
    workload = replace(SMALL, rate_hz=100.0, messages=150)
    runs = []
    for server in ("a", "late"):
        for process in (1, 2, 3):
            run = make_run(server, 10.0, process=process, scenario="open", workload=workload)
            assert run.figures
            achieved = 100.0 if server == "a" else 50.0
            runs.append(replace(run, figures=replace(run.figures, achieved_hz=achieved)))

    (section,) = sections(replace(make_results({}), runs=tuple(runs)))

    dots, spectrum = section.charts
    assert ">late" not in dots.svg
    assert f">late {BROKE}<" in spectrum.svg
    assert "did not keep up" in spectrum.svg
