"""The parts that several charts share."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from benchmarks.chart_axes import legend, line, log_scale, nines, panel_grid
from benchmarks.chart_styles import styles_of


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.9), (3.0, 40.0), (1.0, 100_000.0)])
def test_logarithmic_axis_has_few_round_ticks(low: float, high: float) -> None:
    """A logarithmic axis has at most eight ticks, and at least one."""
    axes = Figure().subplots()
    axes.plot([low, high], [low, high])

    log_scale(axes, "x")

    ticks = axes.get_xticks()
    assert 1 <= len(ticks) <= 8
    assert all(f"{tick:.1e}"[0] in "12345678" for tick in ticks)


def test_nines_are_equally_spaced() -> None:
    """90, 99 and 99.9 % stand at 1, 2 and 3."""
    assert [nines(percent) for percent in (0, 90, 99, 99.9)] == pytest.approx([0, 1, 2, 3])


def test_panels_are_as_many_as_asked_for() -> None:
    """A grid of four panels has three columns and two rows; the rest is not drawn."""
    _, panels = panel_grid(4)

    assert [panel.get_visible() for panel in panels] == [True] * 4 + [False] * 2


def test_legend_names_every_line() -> None:
    """The legend has an entry for each line that was drawn."""
    figure = Figure()
    axes = figure.subplots()
    styles = styles_of(["trio-mutex", "c-floor"])
    for server, style in styles.items():
        line(axes, [1, 2], [1, 2], server, style)

    legend(figure, axes)

    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(styles)
