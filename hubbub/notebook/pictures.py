"""Pictures in a notebook: an SVG, and the same in words for readers without pictures."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.figure import Figure


__all__ = ["Bar", "Picture", "explore", "lifelines", "spectrum", "timeline"]

STATIC = "HUBBUB_STATIC_NOTEBOOKS"  # set where no reader can move a slider
_COLOURS = ("#1f83c9", "#d55e00", "#009e73", "#7a7a7a", "#cc79a7")
_STYLES: tuple[Any, ...] = ("-", (0, (4, 2)), (0, (1, 1)), (0, (6, 2, 1, 2)), "-")
_TICKS = (0.0, 50.0, 90.0, 99.0, 99.9, 99.99)
_WIDTH_IN = 7.2
_CENTRED: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9}


@dataclass(frozen=True)
class Bar:
    """An activity with a begin and an end. When the two are equal, it is drawn as a point.

    Attributes:
        colour: the number of a colour.
    """

    begin: float
    end: float
    text: str = ""
    colour: int = 0


class Picture:
    """An SVG document and the same content in words. Displays itself."""

    def __init__(self, svg: str, text: str) -> None:
        self._svg, self._text = svg, text

    def __repr__(self) -> str:
        return self._text

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        bundle = {"text/plain": self._text}
        if self._svg:
            bundle["image/svg+xml"] = self._svg
        return bundle


def spectrum(samples_ms: Mapping[str, Sequence[float]], *, label: str = "latency") -> Picture:
    """Draw latencies by percentile, on an axis that makes room for the rare, slow ones.

    Args:
        samples_ms: every sample in milliseconds, per name in the legend.
    """
    figure = Figure(figsize=(_WIDTH_IN, 3.6), layout="constrained")
    axes = figure.subplots()
    deepest = max(len(samples) for samples in samples_ms.values())
    rows = []
    for number, (name, samples) in enumerate(samples_ms.items()):
        ordered = sorted(samples)
        depths = [math.log10(len(ordered) / (len(ordered) - k)) for k in range(len(ordered))]
        axes.plot(
            depths,
            ordered,
            color=_COLOURS[number % len(_COLOURS)],
            linestyle=_STYLES[number % len(_STYLES)],
            linewidth=1.8,
            label=name,
        )
        shown = ", ".join(f"p{q:g} {_at(ordered, q):,.2f} ms" for q in (50.0, 99.0))
        rows.append(f"{name}: {shown}, max {ordered[-1]:,.2f} ms ({len(ordered):,} samples)")
    ticks = [q for q in _TICKS if 100 / (100 - q) <= deepest]
    axes.set_xticks([math.log10(100 / (100 - q)) for q in ticks], [f"{q:g}" for q in ticks])
    axes.set_xlabel("percentile (log scale)")
    axes.set_ylabel(f"{label}, ms")
    axes.set_yscale("log")
    axes.legend(frameon=False)
    return Picture(_svg(figure), "\n".join(rows))


def timeline(
    arrivals_s: Mapping[str, Sequence[float]], *, label: str = "messages", until_s: float = 0.0
) -> Picture:
    """Draw how many lines each client had received at each moment.

    Args:
        arrivals_s: when each line arrived, in seconds since the start, per client.
        until_s: how long the experiment waited for more lines.
    """
    figure = Figure(figsize=(_WIDTH_IN, 3.2), layout="constrained")
    axes = figure.subplots()
    rows = []
    end_s = max([until_s, *(arrivals[-1] for arrivals in arrivals_s.values() if arrivals)])
    for number, (name, arrivals) in enumerate(arrivals_s.items()):
        axes.step(
            [0.0, *arrivals, end_s],
            [*range(len(arrivals) + 1), len(arrivals)],
            where="post",
            color=_COLOURS[number % len(_COLOURS)],
            linestyle=_STYLES[number % len(_STYLES)],
            linewidth=1.8,
            label=name,
        )
        last = f", the last after {arrivals[-1]:.2f} s" if arrivals else ""
        rows.append(f"{name}: {len(arrivals):,} {label}{last}")
    axes.set_xlabel("seconds")
    axes.set_ylabel(label)
    axes.legend(frameon=False)
    return Picture(_svg(figure), "\n".join(rows))


def lifelines(rows: Mapping[str, Sequence[Bar]], *, label: str = "seconds") -> Picture:
    """Draw activities as bars along a time axis: one row per name, the first at the top."""
    figure = Figure(figsize=(_WIDTH_IN, 0.7 + 0.42 * len(rows)), layout="constrained")
    axes = figure.subplots()
    told = []
    for place, (name, bars) in enumerate(rows.items()):
        for bar in bars:
            colour = _COLOURS[bar.colour % len(_COLOURS)]
            if bar.end > bar.begin:
                axes.barh(
                    place, bar.end - bar.begin, 0.62, bar.begin, color=colour, edgecolor="white"
                )
                axes.text((bar.begin + bar.end) / 2, place, bar.text, color="white", **_CENTRED)
            else:
                axes.plot(bar.begin, place, "D", color=colour)
                axes.text(bar.begin, place, f"   {bar.text}", va="center", fontsize=9)
        told.append(f"{name}: {_in_words(bars) or 'nothing'}")
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel(label)
    return Picture(_svg(figure), "\n".join(told))


def _in_words(bars: Sequence[Bar]) -> str:
    """Describe the bars in words; bars that touch and have the same text count as one."""
    joined: list[Bar] = []
    for bar in bars:
        if joined and (joined[-1].end, joined[-1].text) == (bar.begin, bar.text):
            bar = replace(bar, begin=joined.pop().begin)
        joined.append(bar)
    return ", ".join(f"{bar.begin:g} to {bar.end:g} {bar.text}".strip() for bar in joined)


def explore(draw: Callable[..., Any], **choices: Sequence[Any]) -> Any:
    """Show what ``draw`` returns for the first value of each choice, with a slider per choice.

    Where no reader can move a slider (a web page, a run without a browser), only the picture is
    shown.
    """
    first = {name: values[0] for name, values in choices.items()}
    if os.environ.get(STATIC):
        return draw(**first)
    try:
        import ipywidgets
        from IPython.display import display
    except ModuleNotFoundError:
        return draw(**first)
    sliders = {
        name: ipywidgets.SelectionSlider(options=list(values), description=name)
        for name, values in choices.items()
    }

    def redraw(**chosen: Any) -> None:
        display(draw(**chosen))  # type: ignore[no-untyped-call]

    return ipywidgets.interactive(redraw, **sliders)


def _at(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile: at least this share of all samples is as small as it, or smaller."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _svg(figure: Figure) -> str:
    for axes in figure.axes:
        axes.grid(visible=True, color="#dddddd")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    buffer = io.StringIO()
    no_metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", facecolor="white", metadata=no_metadata)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
