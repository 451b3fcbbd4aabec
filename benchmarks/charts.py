"""The kinds of chart, drawn with matplotlib from the numbers of `summary`. No sentences, no HTML.

Each function returns a matplotlib figure. A server without values is not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter

from benchmarks import estimates
from benchmarks.chart_axes import draw_brackets, legend, line, log_scale, nines, panel_grid
from benchmarks.chart_styles import LIMIT, WIDTH_IN, Style, family
from benchmarks.metrics import METRICS
from benchmarks.summary import Cell, Summary


__all__ = ["Notes", "bars", "dots", "lines", "load_curve", "matrix", "spectrum", "strips"]

_BROKE = "broke at this rate"
_CROSSES = 4  # side by side
_MOST_LINES = 14  # in one panel
_MOST_STEPS = 12  # of a ladder, that an axis can name
_PERCENTS = (50.0, 90.0, 99.0, 99.9, 99.99)

_VALUE_PT, _RATIO_PT, _BRACKETS_PT = 36.0, 44.0, 140.0  # from the right edge of the axes

Styles = dict[str, Style]


@dataclass(frozen=True)
class Notes:
    """What a reader must know of single servers: a mark behind the name, and its legend."""

    marks: Mapping[str, str] = field(default_factory=dict)  # by server
    meanings: Mapping[str, str] = field(default_factory=dict)  # by mark
    more: Sequence[str] = ()  # further lines of the legend

    def name(self, server: str) -> str:
        """Return the server's name with its mark."""
        return f"{server} {self.marks.get(server, '')}".rstrip()

    @property
    def legend(self) -> list[str]:
        """One line for each mark that some server has."""
        used = "".join(self.marks.values())
        return [f"{mark}  {text}" for mark, text in self.meanings.items() if mark in used] + [
            *self.more
        ]


def dots(
    cells: Sequence[Cell],
    metric: str,
    styles: Styles,
    through: Sequence[str] = (),
    *,
    ratios: Mapping[str, str] | None = None,
    ties: Sequence[Sequence[str]] = (),
    notes: Notes | None = None,
    band: tuple[float, float] | None = None,
    limits: Mapping[str, float] | None = None,
) -> Figure:
    """One row per server, in the order of ``cells``: a mark per process, median and interval.

    On the right stand the value, the ratio in ``ratios``, and a bracket for each of ``ties``. A
    vertical line goes ``through`` the medians of some servers, and one through each of
    ``limits``, with its name above it. ``band`` is shaded. ``notes`` mark servers.
    """
    figure = Figure(figsize=(WIDTH_IN, 1.1 + 0.3 * len(cells)), layout="constrained")
    axes = figure.subplots()
    known = notes or Notes()
    for y, cell in enumerate(cells):
        style, values = styles[cell.server], cell.values(metric)
        interval = estimates.median_interval(values)
        if interval:
            axes.plot(
                [interval.low, interval.high],
                [y, y],
                color=style.colour,
                linewidth=9,
                alpha=0.25,
                solid_capstyle="butt",
            )
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
        _beside(axes, cell.text(metric), y, _VALUE_PT, right=True)
        _beside(axes, (ratios or {}).get(cell.server, ""), y, _RATIO_PT)
        if cell.server in through:
            axes.axvline(middle, color=style.colour, linewidth=1, linestyle=(0, (2, 2)))
    if ratios:
        _beside(axes, "ratio", -0.95, _RATIO_PT)
    rows = {cell.server: y for y, cell in enumerate(cells)}
    draw_brackets(axes, [[rows[one] for one in group] for group in ties], _BRACKETS_PT)
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
        )
    axes.set_yticks(range(len(cells)), [known.name(cell.server) for cell in cells])
    axes.set_ylim(len(cells) - 0.5, -0.5)
    most = max(max(cell.values(metric)) for cell in cells)
    if most > 20 * max(min(min(cell.values(metric)) for cell in cells), 1e-9):
        log_scale(axes, "x")
    else:
        axes.set_xlim(0, 1.04 * most)
    shown = f"{METRICS[metric].label} (marks: processes, bar: median, shade: its 95 % interval)"
    axes.set_xlabel("\n".join([shown, *known.legend]), loc="left", linespacing=1.5)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return figure


def _beside(axes: Axes, text: str, y: float, offset_pt: float, *, right: bool = False) -> None:
    """Write ``text`` to the right of the axes; ``right``: it ends there, and does not begin."""
    if text:
        axes.annotate(
            text,
            (1, y),
            (offset_pt, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            ha="right" if right else "left",
            annotation_clip=False,
        )


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
    summaries: Sequence[Summary],
    metric: str,
    axis: str,
    label: str,
    styles: Styles,
    limits: Mapping[str, Mapping[float, float]] | None = None,
) -> Figure:
    """One line per server: a metric against a field of the workload, both axes logarithmic.

    ``limits`` are drawn as dotted lines without markers, by name and then by place on the axis.
    """
    figure = Figure(figsize=(WIDTH_IN, 5.6 if limits else 4.2), layout="constrained")
    axes = figure.subplots()
    for number, (name, values) in enumerate((limits or {}).items()):
        dots = (0, (1, 1 + number))
        axes.plot(*zip(*values.items(), strict=True), color=LIMIT, linestyle=dots, label=name)
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


def load_curve(
    summary: Summary,
    metric: str,
    styles: Styles,
    broke: Mapping[str, float],
    *,
    height_in: float = 4.6,
) -> Figure:
    """One line per server: a metric against the offered rate, up to the rate that broke it.

    Both axes are logarithmic. A cross stands at the rate in ``broke``, at the upper edge: a
    latency measured there would only say how long the run was. If there are too many lines for
    one panel, the peers have a panel of their own; the peer compared with is in both.
    """
    servers = summary.servers
    groups = [servers]
    if len(servers) > _MOST_LINES:
        ours = [server for server in servers if family(server) != "peers"]
        peers = [server for server in servers if family(server) == "peers"]
        known = [summary.peer] if summary.peer in peers else []
        groups = [group for group in (ours + known, peers) if group]
    named = [math.ceil((len(group) + 1) / 3) for group in groups]  # lines of the legends
    figure = Figure(
        figsize=(WIDTH_IN, sum(height_in - 1 + 0.21 * lines for lines in named)),
        layout="constrained",
    )
    panels = figure.subplots(len(groups), 1, sharex=True, sharey=True, squeeze=False).flatten()
    crosses = []
    for panel, group in zip(panels, groups, strict=True):
        for server in group:
            limit = broke.get(server, math.inf)
            points = sorted(
                (float(summary.scenario.value(cell.workload)), value)
                for cell in summary.of(server)
                if cell.kept_up
                and float(summary.scenario.value(cell.workload)) < limit
                and (value := cell.value(metric)) is not None
            )
            x, y = zip(*points, strict=True) if points else ((), ())
            line(panel, x, y, server, styles[server])
            if limit < math.inf:
                crosses.append((panel, server, limit, points[-1] if points else None))
    log_scale(panels[0], "x")
    log_scale(panels[0], "y")
    steps = sorted({float(summary.scenario.value(cell.workload)) for cell in summary.cells})
    if len(steps) <= _MOST_STEPS:
        panels[0].set_xticks(steps)
    low, high = panels[0].get_ylim()
    top = high * (high / low) ** 0.12  # above every line
    step = (high / low) ** 0.06
    rows = _cross(crosses, styles, top, step)
    if crosses:
        panels[0].set_ylim(low, top * step**rows)
    for panel in panels:
        if any(where is panel for where, *_ in crosses):
            panel.plot([], [], color="#333333", marker="x", linestyle=":", label=_BROKE)
        panel.legend(loc="lower left", bbox_to_anchor=(-0.1, 1), ncols=3)
        panel.set_ylabel(METRICS[metric].label)
        panel.tick_params(labelbottom=True)
    panels[-1].set_xlabel(f"{summary.scenario.unit} offered")
    return figure


def _cross(
    crosses: Sequence[tuple[Axes, str, float, tuple[float, float] | None]],
    styles: Styles,
    top: float,
    step: float,
) -> int:
    """Draw a cross at the rate that broke a server, and a thin line to it from the last point.

    Crosses at the same rate stand side by side, and in rows that are ``step`` apart. Returns the
    number of rows.
    """
    at: dict[tuple[Axes, float], int] = {}
    for panel, server, rate, last in sorted(crosses, key=lambda one: one[3][1] if one[3] else 0.0):
        place = at[panel, rate] = at.get((panel, rate), -1) + 1
        up, across = divmod(place, _CROSSES)
        x_at, y_at, colour = rate * 1.08**across, top * step**up, styles[server].colour
        if last:
            panel.plot([last[0], x_at], [last[1], y_at], color=colour, linewidth=1, linestyle=":")
        panel.plot([x_at], [y_at], color=colour, marker="x", markersize=8, markeredgewidth=2)
    return 1 + max((place // _CROSSES for place in at.values()), default=0)


def spectrum(
    cells: Sequence[Cell],
    of: str,
    label: str,
    styles: Styles,
    everywhere: Sequence[str] = (),
    *,
    notes: Notes | None = None,
) -> Figure:
    """Each server's percentiles, on an axis on which every step is ten times rarer.

    One panel per runtime and one for the peers. Servers named ``everywhere`` are in every panel.
    A server that did not keep up is named in its panel and has no line, because its latency grows
    with the length of the run.
    """
    families: dict[str, list[Cell]] = {}
    for cell in cells:
        families.setdefault(family(cell.server), []).append(cell)
    common = [cell for cell in cells if cell.server in everywhere and cell.kept_up]
    known = notes or Notes()
    columns = min(2, len(families))
    rows = math.ceil(len(families) / columns)
    entries = max(len(own) + len(common) for own in families.values())
    figure = Figure(figsize=(WIDTH_IN, 0.4 + (2.9 + 0.18 * entries) * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flatten()
    reach = 0.0
    for panel, own in zip(panels, families.values(), strict=False):
        for cell in dict.fromkeys((*own, *common)):
            name = known.name(cell.server)
            if not cell.kept_up:
                panel.plot([], [], linestyle="none", label=name, color=styles[cell.server].colour)
                continue
            pooled = estimates.merge(getattr(run.figures, of) for run in cell.valid if run.figures)
            deepest = estimates.deepest_percent(estimates.count(pooled))
            reach = max(reach, deepest)
            steps = np.linspace(0, nines(deepest), 60)
            percents = [100 * (1 - 10**-step) for step in steps]
            y = [estimates.histogram_percentile(pooled, percent) / 1e6 for percent in percents]
            line(panel, steps, y, name, styles[cell.server], every=12)
        panel.legend(loc="lower left", bbox_to_anchor=(-0.1, 1))
    for panel in panels[max(0, len(families) - columns) :]:
        panel.tick_params(labelbottom=True)
    lowest = () if reach > 99.9 else (0.0,)  # on a long axis, 0 and 50 would overlap
    ticks = [percent for percent in (*lowest, *_PERCENTS) if percent <= reach]
    panels[0].set_xticks(
        [nines(percent) for percent in ticks], [f"{percent:g}" for percent in ticks]
    )
    panels[0].set_xlim(left=0)
    if reach:
        log_scale(panels[0], "y")
    for panel in panels[len(families) :]:
        panel.set_visible(False)
    explained = ["percentile (each step is ten times rarer)", *known.legend]
    figure.supxlabel("\n".join(explained), fontsize=10, linespacing=1.5)
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
        panel.set_title(cell.server, fontsize=10)
    panels[0].set_xlim(0, 1.04 * most_ns / 1e6)
    panels[0].yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    figure.supxlabel("ms after the message was sent", fontsize=10)
    figure.supylabel("recipient, in the order of connecting", fontsize=10)
    return figure


def matrix(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Mapping[tuple[str, str], Cell],
    styles: Styles,
) -> Figure:
    """One panel per row and column: the p99 of the other clients over time, and the stall.

    ``cells`` gives the cell at a row and a column; a place without a cell that has values is
    empty. At the end of a panel stands the worst p99 after the stall.
    """
    height = 0.5
    figure = Figure(figsize=(WIDTH_IN, 0.9 + height * max(1, len(rows))), layout="constrained")
    panels = figure.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    for down, row in enumerate(rows):
        for across, column in enumerate(columns):
            panel, cell = panels[down][across], cells.get((row, column))
            panel.grid(axis="x", visible=False)
            if not across:
                panel.set_ylabel(row, rotation=0, ha="right", va="center", labelpad=8)
            if not down:
                panel.set_title(column, fontsize=10)
            run = cell.typical if cell else None
            if cell is None or run is None or run.figures is None:
                panel.annotate(
                    "did not keep up" if cell and cell.outcome == "behind" else "-",
                    (0.5, 0.5),
                    xycoords="axes fraction",
                    ha="center",
                    va="center",
                )
                continue
            _timeline(panel, cell, styles[cell.server])
    corner = panels[0][0]
    corner.set_yscale("log")
    low, high = corner.get_ylim()
    ticks = [tick for tick in (0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0) if low <= tick <= high]
    corner.set_yticks(ticks[:: max(1, len(ticks) - 1)])
    corner.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    corner.yaxis.set_minor_locator(NullLocator())
    for panel in panels.flatten():
        panel.yaxis.tick_right()
        panel.tick_params(axis="y", labelright=panel in panels[:, -1], labelleft=False, length=0)
    figure.supxlabel(
        "seconds; vertical lines: a client stops reading (dashed), it is cut off (solid)\n"
        "line: p99 of the other clients in ms; number: the worst one after the stall",
        fontsize=10,
        linespacing=1.5,
    )
    return figure


def _timeline(panel: Axes, cell: Cell, style: Style) -> None:
    run = cell.typical
    assert run is not None
    assert run.figures is not None
    slices = run.figures.slices
    panel.plot(
        [one.after_s for one in slices],
        [one.p99_ns / 1e6 for one in slices],
        color=style.colour,
        linewidth=1.6,
    )
    stalled_s = run.workload.stall_after_s
    panel.axvline(stalled_s, color="#333333", linewidth=0.8, linestyle=(0, (2, 2)))
    cut_s = METRICS["cut"].of(run)
    if cut_s is not None:
        panel.axvline(stalled_s + cut_s, color="#333333", linewidth=0.8)
    panel.annotate(
        f"{cell.text('stalled')} ms",
        (0.98, 0.96),
        xycoords="axes fraction",
        ha="right",
        va="top",
    )
