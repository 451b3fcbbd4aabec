"""The kinds of chart: each draws every server that has values."""

from __future__ import annotations

from dataclasses import replace

from matplotlib.figure import Figure

from benchmarks import charts
from benchmarks.chart_styles import styles_of
from benchmarks.summary import summarise
from tests.benchmarks.made import PEER, SMALL, make_results, make_run


SERVERS = ["asyncio-mutex", "trio-direct", PEER]
STYLES = styles_of(SERVERS)
(CLOSED,) = summarise(make_results({server: [5.0, 6.0, 7.0] for server in SERVERS}))


def texts(figure: Figure) -> list[str]:
    """Return every text that a figure shows."""
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]  # type: ignore[attr-defined]


def test_dots_show_each_process_and_the_median() -> None:
    """A row has a mark for each process, the server's name and its median."""
    figure = charts.dots(CLOSED.shown, "cost", STYLES, [PEER], band=(5.0, 7.0), limits={"max": 8.0})

    (axes,) = figure.axes
    assert [len(line.get_xdata()) for line in axes.lines[:2]] == [3, 2]  # type: ignore[arg-type]
    assert {*SERVERS, "6.00", "max"} <= set(texts(figure))


def test_bars_mark_the_servers_at_the_last_step() -> None:
    """A server that passed the last step may get further; a server without a step has a dash."""
    figure = charts.bars({"asyncio-mutex": 200.0, PEER: 0.0}, 200.0, "messages/s", STYLES)

    assert {"≥ 200", "-", "messages/s"} <= set(texts(figure))


def test_lines_join_the_points_of_a_server() -> None:
    """Each server has one line through its points, and a place in the legend."""
    runs = [
        make_run(server, 5.0, scenario="scaling", workload=replace(SMALL, clients=clients))
        for server in SERVERS
        for clients in (10, 100, 1000)
    ]
    summaries = summarise(replace(make_results({}), runs=tuple(runs)))

    figure = charts.lines(summaries, "cost", "clients", "clients", STYLES)

    (axes,) = figure.axes
    assert [len(line.get_xdata()) for line in axes.lines] == [3, 3, 3]  # type: ignore[arg-type]
    assert set(SERVERS) <= set(texts(figure))


def test_spectrum_has_a_panel_per_runtime() -> None:
    """Each runtime has a panel and the peers have one; the peer compared with is in each."""
    figure = charts.spectrum(CLOSED.shown, "response", "ms", STYLES, [PEER])

    visible = [panel for panel in figure.axes if panel.get_visible()]
    assert [len(panel.lines) for panel in visible] == [2, 2, 1]


def test_strips_and_timelines_have_a_panel_per_server() -> None:
    """Each server has a panel with its name as the title."""
    workload = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)
    stalled = make_run("trio-direct", 10.0, scenario="slow", workload=workload)
    (slow,) = summarise(make_results({}, [stalled]))

    strips = charts.strips(CLOSED.shown, STYLES)
    timelines = charts.timelines(list(slow.cells), STYLES, lambda cell: "2 KiB")

    assert [panel.get_title() for panel in strips.axes] == SERVERS
    assert [panel.get_title() for panel in timelines.axes] == ["trio-direct\n2 KiB"]
