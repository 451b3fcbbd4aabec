"""The kinds of chart, drawn with matplotlib from the numbers of `summary`. No sentences, no HTML.

Each function returns a matplotlib figure. A server without values is not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from benchmarks import estimates
from benchmarks.chart_axes import legend, line, log_scale, nines, panel_grid
from benchmarks.chart_styles import RUNTIMES, WIDTH_IN, Style
from benchmarks.metrics import METRICS
from benchmarks.summary import Cell, Summary


__all__ = ["bars", "dots", "lines", "spectrum", "strips", "timelines"]

_PERCENTS = (50.0, 90.0, 99.0, 99.9, 99.99)

Styles = dict[str, Style]


def dots(
    cells: Sequence[Cell],
    metric: str,
    styles: Styles,
    through: Sequence[str] = (),
    *,
    band: tuple[float, float] | None = None,
    limits: Mapping[str, float] | None = None,
) -> Figure:
    """One row per server: a mark for each process, and a bar at their median.

    A vertical line goes ``through`` the medians of some servers, and one through each of
    ``limits``, with its name above it. ``band`` is shaded.
    """
    figure = Figure(figsize=(WIDTH_IN, 0.8 + 0.3 * len(cells)), layout="constrained")
    axes = figure.subplots()
    for y, cell in enumerate(cells):
        style, values = styles[cell.server], cell.values(metric)
        axes.plot(
            values,
            [y] * len(values),
            linestyle="none",
            marker=style.marker,
            markersize=6,
            markerfacecolor="none",
            markeredgecolor=style.colour,
        )
        middle = cell.value(metric) or 0.0
        axes.plot([middle] * 2, [y - 0.34, y + 0.34], color=style.colour, linewidth=2.5)
        axes.annotate(
            cell.text(metric),
            (1, y),
            (8, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
        )
        if cell.server in through:
            axes.axvline(middle, color=style.colour, linewidth=1, linestyle=(0, (2, 2)))
    if band:
        axes.axvspan(*band, color="#cccccc", linewidth=0)
    for name, value in (limits or {}).items():
        axes.axvline(value, color="#333333", linewidth=1, linestyle=(0, (1, 3)))
        axes.annotate(
            name,
            (value, 1),
            (0, 2),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    axes.set_yticks(range(len(cells)), [cell.server for cell in cells])
    axes.set_ylim(len(cells) - 0.5, -0.5)
    most = max(max(cell.values(metric)) for cell in cells)
    if most > 20 * max(min(min(cell.values(metric)) for cell in cells), 1e-9):
        log_scale(axes, "x")
    else:
        axes.set_xlim(0, 1.04 * most)
    axes.set_xlabel(f"{METRICS[metric].label} (marks: processes, bar: their median)")
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return figure


def bars(reached: dict[str, float], top: float, label: str, styles: Styles) -> Figure:
    """One row per server: its last step of a ladder, with an arrow if it passed the top step."""
    figure = Figure(figsize=(WIDTH_IN, 0.8 + 0.3 * len(reached)), layout="constrained")
    axes = figure.subplots()
    for y, (server, value) in enumerate(reached.items()):
        style = styles[server]
        axes.plot([0, value], [y, y], color=style.colour, linewidth=5, solid_capstyle="butt")
        axes.plot(
            [value], [y], marker=">" if value == top else "|", color=style.colour, markersize=9
        )
        axes.annotate(
            f"{'≥ ' if value == top else ''}{value:,.0f}" if value else "-",
            (1, y),
            (8, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(len(reached)), list(reached))
    axes.set_ylim(len(reached) - 0.5, -0.5)
    axes.set_xlim(0, 1.05 * top)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel(label)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return figure


def lines(
    summaries: Sequence[Summary], metric: str, axis: str, label: str, styles: Styles
) -> Figure:
    """One line per server: a metric against a field of the workload, both axes logarithmic."""
    figure = Figure(figsize=(WIDTH_IN, 4.2), layout="constrained")
    axes = figure.subplots()
    for server in dict.fromkeys(one for summary in summaries for one in summary.servers):
        points = sorted(
            (getattr(cell.workload, axis), value)
            for summary in summaries
            for cell in summary.of(server)
            if (value := cell.value(metric))
        )
        if points:
            x, y = zip(*points, strict=True)
            line(axes, x, y, server, styles[server])
    log_scale(axes, "x")
    log_scale(axes, "y")
    axes.set_xlabel(label)
    axes.set_ylabel(METRICS[metric].label)
    legend(figure, axes)
    return figure


def spectrum(
    cells: Sequence[Cell], of: str, label: str, styles: Styles, everywhere: Sequence[str] = ()
) -> Figure:
    """Each server's percentiles, on an axis on which every step is ten times rarer.

    One panel per runtime and one for the peers. Servers named ``everywhere`` are in every panel.
    """
    families: dict[str, list[Cell]] = {}
    for cell in cells:
        family = cell.server.partition("-")[0]
        families.setdefault(family if family in RUNTIMES else "peers", []).append(cell)
    common = [cell for cell in cells if cell.server in everywhere]
    columns = min(2, len(families))
    rows = math.ceil(len(families) / columns)
    figure = Figure(figsize=(WIDTH_IN, 0.4 + 3.3 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flatten()
    reach = 0.0
    for panel, own in zip(panels, families.values(), strict=False):
        for cell in dict.fromkeys((*own, *common)):
            pooled = estimates.merge(getattr(run.figures, of) for run in cell.valid if run.figures)
            deepest = estimates.deepest_percent(estimates.count(pooled))
            reach = max(reach, deepest)
            steps = np.linspace(0, nines(deepest), 60)
            percents = [100 * (1 - 10**-step) for step in steps]
            y = [estimates.histogram_percentile(pooled, percent) / 1e6 for percent in percents]
            line(panel, steps, y, cell.server, styles[cell.server], every=12)
        panel.legend(loc="lower left", bbox_to_anchor=(-0.1, 1), ncols=2, fontsize=8)
    for panel in panels[max(0, len(families) - columns) :]:
        panel.tick_params(labelbottom=True)
    lowest = () if reach > 99.9 else (0.0,)  # on a long axis, 0 and 50 would overlap
    ticks = [percent for percent in (*lowest, *_PERCENTS) if percent <= reach]
    panels[0].set_xticks(
        [nines(percent) for percent in ticks], [f"{percent:g}" for percent in ticks]
    )
    panels[0].set_xlim(left=0)
    log_scale(panels[0], "y")
    for panel in panels[len(families) :]:
        panel.set_visible(False)
    figure.supxlabel("percentile (each step is ten times rarer)", fontsize=10)
    figure.supylabel(label, fontsize=10)
    return figure


def strips(cells: Sequence[Cell], styles: Styles) -> Figure:
    """One panel per server: when recipients 1 to n got the message of median completion."""
    figure, panels = panel_grid(len(cells))
    most_ns = 0
    for panel, cell in zip(panels, cells, strict=False):
        run = cell.typical
        if run is None or run.figures is None:
            continue
        typical_ns = run.figures.typical_ns
        most_ns = max(most_ns, *typical_ns)
        stride = math.ceil(run.workload.listeners / len(typical_ns))
        x = np.asarray(typical_ns) / 1e6
        y = np.arange(len(typical_ns)) * stride + 1
        # One path of many short dashes takes a tenth of the bytes of as many marks.
        panel.plot(
            np.stack([x, x, np.full(len(x), np.nan)], axis=1).ravel(),
            np.stack([y - stride, y, np.full(len(y), np.nan)], axis=1).ravel(),
            color=styles[cell.server].colour,
            linewidth=1.6,
        )
        panel.set_title(cell.server, fontsize=9)
    panels[0].set_xlim(0, 1.04 * most_ns / 1e6)
    panels[0].yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    figure.supxlabel("ms after the message was sent", fontsize=10)
    figure.supylabel("recipient, in the order of connecting", fontsize=10)
    return figure


def timelines(
    cells: Sequence[Cell], styles: Styles, point: Callable[[Cell], str] = lambda cell: ""
) -> Figure:
    """One panel per cell: the p99 of the other clients, and when the stall began and ended.

    ``point`` returns the line below a server's name.
    """
    figure, panels = panel_grid(len(cells))
    for panel, cell in zip(panels, cells, strict=False):
        run = cell.typical
        if run is None or run.figures is None:
            continue
        slices = run.figures.slices
        panel.plot(
            [one.after_s for one in slices],
            [one.p99_ns / 1e6 for one in slices],
            color=styles[cell.server].colour,
            linewidth=1.6,
        )
        stalled_s = run.workload.stall_after_s
        if run.workload.stalled_clients:
            panel.axvline(stalled_s, color="#333333", linewidth=0.8, linestyle=(0, (2, 2)))
            cut_s = METRICS["cut"].of(run)
            if cut_s is not None:
                panel.axvline(stalled_s + cut_s, color="#333333", linewidth=0.8)
        panel.set_title("\n".join(filter(None, (cell.server, point(cell)))), fontsize=9)
    log_scale(panels[0], "y")
    figure.supxlabel("seconds (dashed: a client stops reading; solid: it is cut off)", fontsize=10)
    figure.supylabel("p99 of the other clients, ms", fontsize=10)
    return figure
