"""The charts of a fan-out measurement, each with its sentence and a table that says the same.

A chart only draws what `summary` computed; a server without figures there is in none of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from benchmarks import measure, sentences
from benchmarks.results import Results
from benchmarks.sentences import Shown
from benchmarks.summary import summarise
from benchmarks.svg import LOOK, Style, styles_of, to_svg
from benchmarks.table import ratio_text


__all__ = ["Section", "Table", "sections"]

_WIDTH_IN = 7.2
_STRIP_DOTS = 250  # more cannot be seen in a panel
_MOST_TICKS = 8
_PERCENTS = (50.0, 90.0, 99.0, 99.9)


@dataclass(frozen=True)
class Table:
    """Cells as text, one row a server; the first column is its id."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One chart: what it is of, what to see in it, the picture, and its figures in a table.

    ``svg`` is markup and safe as it stands; the rest is plain text.
    """

    title: str
    sentence: str
    svg: str
    table: Table


def sections(results: Results) -> list[Section]:
    """Return the charts in reading order; none when no server has a run that may be believed."""
    rows = summarise(results)
    shown = [(row.server, row.figures) for row in rows if row.figures]
    if not shown:
        return []
    styles = styles_of([server for server, _ in shown])
    missing = sentences.left_out(rows)
    cost = f"{sentences.cost(shown, results.peer)} {missing}".rstrip()
    spectrum, delivery = sentences.spectrum(shown), sentences.delivery(shown)
    with mpl.rc_context(LOOK):
        return [
            Section(
                "What a delivery costs",
                cost,
                to_svg(_cost_figure(shown, styles, results.peer), "cost", cost),
                _cost_table(shown),
            ),
            Section(
                "How long until everyone has it",
                spectrum,
                to_svg(_spectrum_figure(shown, styles), "spectrum", spectrum),
                _spectrum_table(shown),
            ),
            Section(
                "Who hears when",
                delivery,
                to_svg(_delivery_figure(shown, styles), "delivery", delivery),
                _delivery_table(shown),
            ),
        ]


def _cost_figure(shown: Shown, styles: dict[str, Style], peer: str) -> Figure:
    figure = Figure(figsize=(_WIDTH_IN, 0.8 + 0.34 * len(shown)), layout="constrained")
    axes = figure.subplots()
    for y, (server, figures) in enumerate(shown):
        style = styles[server]
        axes.plot(
            figures.costs_us,
            [y] * len(figures.costs_us),
            linestyle="none",
            marker=style.marker,
            markersize=7,
            markerfacecolor="none",
            markeredgecolor=style.colour,
        )
        axes.plot([figures.cost_us] * 2, [y - 0.34, y + 0.34], color=style.colour, linewidth=2.5)
        axes.annotate(
            f"{figures.cost_us:.1f} µs",
            (1, y),
            (8, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
        )
        if server == peer:
            axes.axvline(figures.cost_us, color=style.colour, linewidth=1, linestyle=(0, (2, 2)))
    axes.set_yticks(range(len(shown)), [server for server, _ in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(0, 1.04 * max(max(figures.costs_us) for _, figures in shown))
    axes.set_xlabel("µs for each delivery: a mark for each process, a bar at the median")
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return figure


def _cost_table(shown: Shown) -> Table:
    return Table(
        ("server", "µs/delivery", "each process", "to the peer", "KiB/client"),
        tuple(
            (
                server,
                f"{figures.cost_us:.1f}",
                " ".join(f"{cost_us:.1f}" for cost_us in sorted(figures.costs_us)),
                ratio_text(figures.to_peer),
                "-"
                if figures.bytes_per_client is None
                else f"{figures.bytes_per_client / 1024:.1f}",
            )
            for server, figures in shown
        ),
    )


def _spectrum_figure(shown: Shown, styles: dict[str, Style]) -> Figure:
    figure = Figure(figsize=(_WIDTH_IN, 3.6), layout="constrained")
    axes = figure.subplots()
    for server, figures in shown:
        style = styles[server]
        deepest = measure.deepest_percent(len(figures.last_ns))
        nines = np.linspace(0, _nines(deepest), 60)
        percents = [100 * (1 - 10**-n) for n in nines]
        axes.plot(
            nines,
            [measure.percentile(figures.last_ns, percent) / 1e6 for percent in percents],
            color=style.colour,
            linestyle=style.line,
            marker=style.marker,
            markevery=12,
            markersize=5,
            markerfacecolor="none",
            label=server,
        )
    reach = max(measure.deepest_percent(len(figures.last_ns)) for _, figures in shown)
    ticks = [percent for percent in (0.0, *_PERCENTS) if percent <= reach]
    axes.set_xticks([_nines(percent) for percent in ticks], [f"{percent:g}" for percent in ticks])
    axes.set_xlim(left=0)
    axes.set_xlabel("percentile of messages (ten times rarer with each step)")
    axes.set_ylabel("ms until the last recipient")
    _log_ms(axes)
    _legend(figure, axes)
    return figure


def _spectrum_table(shown: Shown) -> Table:
    return Table(
        ("server", "messages", *(f"p{percent:g} ms" for percent in _PERCENTS), "slowest ms"),
        tuple(
            (
                server,
                f"{len(figures.last_ns)}",
                *(
                    f"{measure.percentile(figures.last_ns, percent) / 1e6:.1f}"
                    if percent <= measure.deepest_percent(len(figures.last_ns))
                    else "-"
                    for percent in _PERCENTS
                ),
                f"{figures.worst_ms:.1f}",
            )
            for server, figures in shown
        ),
    )


def _delivery_figure(shown: Shown, styles: dict[str, Style]) -> Figure:
    columns = min(3, len(shown))
    lines = math.ceil(len(shown) / columns)
    figure = Figure(figsize=(_WIDTH_IN, 0.5 + 1.7 * lines), layout="constrained")
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).flatten()
    for panel, (server, figures) in zip(panels, shown, strict=False):
        recipients = np.arange(1, len(figures.typical_ns) + 1)
        stride = math.ceil(len(recipients) / _STRIP_DOTS)
        x = np.asarray(figures.typical_ns)[::stride] / 1e6
        y = recipients[::stride]
        # One path of many short dashes is a tenth of the size of as many marks.
        panel.plot(
            np.stack([x, x, np.full(len(x), np.nan)], axis=1).ravel(),
            np.stack([y - stride, y, np.full(len(y), np.nan)], axis=1).ravel(),
            color=styles[server].colour,
            linewidth=1.6,
        )
        panel.set_title(server, fontsize=10)
    panels[0].set_xlim(0, 1.04 * max(max(figures.typical_ns) for _, figures in shown) / 1e6)
    for panel in panels[len(shown) :]:
        panel.set_visible(False)
    figure.supxlabel(
        "ms after the message was sent (recipients in the order they connected)", fontsize=10
    )
    figure.supylabel("recipient", fontsize=10)
    return figure


def _delivery_table(shown: Shown) -> Table:
    return Table(
        ("server", "first ms", "p50 ms", "p99 ms", "p99.9 ms", "worst p99 ms", "order kept"),
        tuple(
            (
                server,
                f"{figures.first_ms:.2f}",
                *(
                    f"{measure.histogram_percentile(figures.deliveries, percent) / 1e6:.1f}"
                    for percent in (50, 99, 99.9)
                ),
                f"{figures.worst_recipient_p99_ms:.1f}",
                f"{figures.order_correlation:.2f}",
            )
            for server, figures in shown
        ),
    )


def _nines(percent: float) -> float:
    return -math.log10(1 - percent / 100)


def _log_ms(axes: Axes) -> None:
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    for bases in ((1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5), (1, 2, 5), (1,)):
        steps = [base * 10**power for power in range(-3, 6) for base in bases]
        ticks = [step for step in steps if low <= step <= high]
        if len(ticks) <= _MOST_TICKS:
            break
    axes.set_yticks(ticks)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_locator(NullLocator())


def _legend(figure: Figure, axes: Axes) -> None:
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3)
