"""The kinds of chart: each draws every server that has values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
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
    interval, processes, median = axes.lines[:3]
    assert [len(np.asarray(line.get_xdata())) for line in (processes, median)] == [3, 2]
    assert np.asarray(interval.get_xdata()).tolist() == pytest.approx([5.0, 7.0])
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
    assert [len(np.asarray(line.get_xdata())) for line in axes.lines] == [3, 3, 3]
    assert set(SERVERS) <= set(texts(figure))


def test_spectrum_has_a_panel_per_runtime() -> None:
    """Each runtime has a panel and the peers have one; the peer compared with is in each."""
    figure = charts.spectrum(CLOSED.shown, "response", "ms", STYLES, [PEER])

    visible = [panel for panel in figure.axes if panel.get_visible()]
    assert [len(panel.lines) for panel in visible] == [2, 2, 1]


def test_tied_servers_have_a_bracket_and_doubted_ones_a_mark() -> None:
    """A bracket has a tick at each of its servers; a mark stands behind a name, with a legend."""
    notes = charts.Notes({PEER: "?"}, {"?": "to be doubted", "!": "below the floor"}, ("more",))

    figure = charts.dots(
        CLOSED.shown, "cost", STYLES, ratios={PEER: "1.20"}, ties=[SERVERS[1:]], notes=notes
    )

    (axes,) = figure.axes
    (bracket,) = [line for line in axes.lines if line.get_marker() == 0]
    assert np.asarray(bracket.get_ydata()).tolist() == [1, 2]
    assert {f"{PEER} ?", "1.20"} <= set(texts(figure))
    assert axes.get_xlabel().endswith("\n?  to be doubted\nmore")


def test_load_curve_ends_where_a_server_breaks() -> None:
    """A line goes up to the last rate below the one that broke the server; a cross stands there."""
    workload = replace(SMALL, messages=150)
    runs = [
        make_run(server, 5.0, scenario="knee", workload=replace(workload, rate_hz=rate_hz))
        for server in SERVERS
        for rate_hz in (10.0, 20.0, 40.0)
    ]
    (knee,) = summarise(replace(make_results({}), runs=tuple(runs)))

    figure = charts.load_curve(knee, "p99", STYLES, {PEER: 40.0})

    (axes,) = figure.axes
    by_label = {str(line.get_label()): line for line in axes.lines}
    assert [len(np.asarray(by_label[server].get_xdata())) for server in SERVERS] == [3, 3, 2]
    crosses = [
        line
        for line in axes.lines
        if line.get_marker() == "x" and len(np.asarray(line.get_xdata()))
    ]
    assert [np.asarray(line.get_xdata()).tolist() for line in crosses] == [[40.0]]
    assert "broke at this rate" in texts(figure)


def test_many_servers_have_two_panels() -> None:
    """Above fourteen servers the peers have a panel of their own."""
    peers = [f"peer-{number}" for number in range(13)]
    runs = [
        make_run(server, 5.0, scenario="knee", workload=replace(SMALL, rate_hz=rate_hz))
        for server in (*SERVERS, *peers)
        for rate_hz in (10.0, 20.0)
    ]
    (knee,) = summarise(replace(make_results({}), runs=tuple(runs)))

    figure = charts.load_curve(knee, "p50", styles_of(knee.servers), {})

    assert [len(panel.lines) for panel in figure.axes] == [3, 14]


def test_strips_have_a_panel_per_server() -> None:
    """Each server has a panel with its name as the title."""
    strips = charts.strips(CLOSED.shown, STYLES)

    assert [panel.get_title() for panel in strips.axes] == SERVERS


def test_matrix_has_a_row_per_server_and_a_column_per_size() -> None:
    """A place has the worst p99 after the stall, or says that the server did not keep up."""
    workload = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)
    stalled = make_run("trio-direct", 10.0, scenario="slow", workload=workload)
    late = make_run(PEER, 10.0, scenario="slow", workload=workload, verdict="unknown", behind=True)
    (slow,) = summarise(make_results({}, [stalled, late]))
    places = {(cell.server, "64 bytes"): cell for cell in slow.cells}

    figure = charts.matrix(["trio-direct", PEER], ["64 bytes", "128 bytes"], places, STYLES)

    assert [panel.get_ylabel() for panel in figure.axes] == ["trio-direct", "", PEER, ""]
    assert {"64 bytes", "128 bytes", "0.0 ms", "did not keep up"} <= set(texts(figure))
