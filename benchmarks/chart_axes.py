"""The parts that several charts share: lines, panels, logarithmic axes, the legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from benchmarks.chart_styles import WIDTH_IN, Style


__all__ = ["draw_brackets", "legend", "line", "log_scale", "nines", "panel_grid"]

_MOST_TICKS = 8
_PANELS = 3  # side by side
_TICK_LEFT: Literal[0] = 0  # the marker that matplotlib calls TICKLEFT
_BRACKET_PT = 7.0  # from one bracket to the next


def line(
    axes: Axes,
    x: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]],
    y: Sequence[float],
    server: str,
    style: Style,
    every: int = 1,
) -> None:
    """Draw one server's line, with a marker at each ``every``-th point."""
    axes.plot(
        x,
        y,
        color=style.colour,
        linestyle=style.line,
        marker=style.marker,
        markevery=every,
        markersize=5,
        markerfacecolor="none",
        label=server,
    )


def panel_grid(count: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with ``count`` panels, at most three side by side, with common axes."""
    columns = min(_PANELS, count)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(WIDTH_IN, 0.5 + 1.6 * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flatten())
    for panel in panels[count:]:
        panel.set_visible(False)
    for panel in panels[max(0, count - columns) : count]:  # the lowest of each column
        panel.tick_params(labelbottom=True)
    return figure, panels


def draw_brackets(axes: Axes, groups: Sequence[Sequence[int]], offset_pt: float) -> None:
    """Draw a bracket to the right of the axes for each group of rows, with a tick at each row.

    Brackets that overlap stand side by side.
    """
    columns: list[list[Sequence[int]]] = []
    for group in sorted(groups, key=lambda rows: (min(rows), -max(rows))):
        free = next((one for one in columns if all(max(rows) < min(group) for rows in one)), None)
        if free is None:
            columns.append(free := [])
        free.append(group)
    for number, column in enumerate(columns):
        right = ScaledTranslation(
            (offset_pt + _BRACKET_PT * number) / 72, 0, axes.figure.dpi_scale_trans
        )
        for rows in column:
            bracket = Line2D(
                [1.0] * len(rows),
                sorted(rows),
                transform=axes.get_yaxis_transform() + right,
                color="#333333",
                linewidth=1.2,
                marker=_TICK_LEFT,
                markersize=3.5,
                markeredgewidth=1.2,
                clip_on=False,
            )
            axes.add_artist(bracket)


def nines(percent: float) -> float:
    """Return where a percentile stands on an axis on which 90, 99 and 99.9 are equally spaced."""
    return -math.log10(1 - percent / 100)


def log_scale(axes: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, with at most eight ticks at round numbers."""
    scale, axis = (axes.set_xscale, axes.xaxis) if which == "x" else (axes.set_yscale, axes.yaxis)
    scale("log")
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    for bases in ((1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        steps = [base * 10**power for power in range(-4, 8) for base in bases]
        ticks = [step for step in steps if low <= step <= high]
        if len(ticks) <= _MOST_TICKS:
            break
    axis.set_ticks(ticks)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


def legend(figure: Figure, axes: Axes) -> None:
    """Put the legend above the axes."""
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3)
