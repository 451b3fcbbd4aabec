"""The lines of the interactive charts, as plain data for the page's script. Pure.

A plot is one chart; it has one view or several, of which the page shows one at a time. A line is a
server of a round, with points ``[x, y]``. A point ``[x, y, 1]`` is one at which the server did not
keep up: its value, if it has one, measures how long the run was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks import estimates
from benchmarks.chart_axes import nines
from benchmarks.chart_styles import PROPERTIES, Style, styles_of
from benchmarks.limits import Limits, limits_of, near
from benchmarks.report_sections import LOADS
from benchmarks.results import AGAIN, Results
from benchmarks.sentences import growth
from benchmarks.summary import Cell, Summary, summarise


__all__ = ["plot_of", "plots", "styles"]

Plot = dict[str, Any]
_BY_LOAD = {"p99": "p99, ms", "p50": "p50, ms", "core": "CPU, % of one core"}
# The charts of what grows: the end of the plot's name, the metric, the axis.
_GROWTH = (
    ("", "cost", "µs per delivery"),
    ("-p99", "p99", "p99 of a delivery, ms"),
    ("-rss", "rss", "memory, MiB"),
)
_STEPS = 24  # points of a line of percentiles
_PLOTS = {  # by scenario and the name of the section's chart: the plot that shows the same
    ("closed", "last"): "closed",
    ("open", "response"): "open",
    ("poisson", "response"): "poisson",
    ("churn", "response"): "churn",
    ("slow", "stalled"): "slow",
    ("policies", "stalled"): "policies",
    ("scaling", "cost"): "scaling",
    ("scaling", "p99"): "scaling-p99",
    ("scaling", "rss"): "scaling-rss",
    ("sizes", "cost"): "sizes",
    ("sizes", "p99"): "sizes-p99",
    ("sizes", "rss"): "sizes-rss",
}


def plots(rounds: Mapping[str, Results]) -> list[Plot]:
    """Return the plots of one round or of several, whose lines then stand on the same axes.

    Args:
        rounds: by name; the name is empty if there is only one.
    """
    made: dict[str, Plot] = {}
    for name, results in rounds.items():
        for plot in _plots_of(summarise(results), results.copy_us):
            known = made.setdefault(plot["name"], {**plot, "views": []})
            for view in plot["views"]:
                for line in view["lines"]:
                    line["round"] = name
                same = next((one for one in known["views"] if one["name"] == view["name"]), None)
                if same:
                    same["lines"] += view["lines"]
                else:
                    known["views"].append(view)
    return list(made.values())


def plot_of(section: str, chart: str) -> str:
    """Return the plot that takes the place of a chart of a section; empty if there is none.

    Charts of the p99 against the rate belong to the plot that has the name of their section. A
    chart of dots has no plot: its brackets show the ties.
    """
    return section if chart == "p99" and section in LOADS else _PLOTS.get((section, chart), "")


def styles(rounds: Mapping[str, Results]) -> dict[str, dict[str, str]]:
    """Return how each server looks, as in the charts of `benchmarks.charts`."""
    servers = dict.fromkeys(
        server
        for results in rounds.values()
        for summary in summarise(results)
        for server in summary.servers
    )
    looks = {server: _style(style) for server, style in styles_of(list(servers)).items()}
    limits = dict.fromkeys(
        name
        for results in rounds.values()
        for summary in summarise(results)
        if summary.scenario.name in ("scaling", "sizes")
        for name in near(limits_of(summary, results.copy_us), summary)
    )
    for number, name in enumerate(limits):
        looks[name] = {"colour": "currentColor", "marker": "", "dashes": f"1 {2 + 2 * number}"}
    return looks


def _style(style: Style) -> dict[str, str]:
    dashes = "" if isinstance(style.line, str) else " ".join(str(1.5 * n) for n in style.line[1])
    colour = PROPERTIES.get(style.colour, style.colour)
    return {"colour": colour, "marker": style.marker, "dashes": dashes}


def _plots_of(summaries: list[Summary], copy_us: Mapping[int, float]) -> Iterator[Plot]:
    by_name = {summary.scenario.name: summary for summary in summaries}
    for name, summary in by_name.items():
        if summary.scenario.axis == "rate_hz":
            yield _against(name, [summary], "rate_hz", "messages per second, offered", _BY_LOAD)
    for name, grown, label in (
        ("scaling", growth.rooms(summaries), "clients"),
        ("sizes", by_name.get("sizes"), "bytes per message"),
    ):
        if grown is not None:
            axis = grown.scenario.axis
            for suffix, metric, words in _GROWTH:
                plot = _against(name + suffix, [grown], axis, label, {metric: words})
                if metric == "cost" and plot["views"]:
                    plot["views"][0]["lines"] += _limit_lines(
                        near(limits_of(grown, copy_us), grown)
                    )
                yield plot
    for name in ("slow", "policies"):
        if name in by_name:
            yield _stalls(by_name[name])
    for name, of, label in (
        ("closed", "last", "ms until the last recipient has it"),
        ("open", "response", "ms from due to delivered"),
        ("poisson", "response", "ms from due to delivered"),
        ("churn", "response", "ms from due to delivered"),
    ):
        if name in by_name:
            yield _percentiles(by_name[name], of, label)


def _limit_lines(limits: Limits) -> list[dict[str, Any]]:
    return [
        {"server": name, "at": [[place, _short(value)] for place, value in values.items()]}
        for name, values in limits.items()
    ]


def _plot(name: str, x: str, x_scale: str, views: list[dict[str, Any]]) -> Plot:
    return {"name": name, "x": x, "xScale": x_scale, "views": [v for v in views if v["lines"]]}


def _against(
    name: str, summaries: list[Summary], axis: str, label: str, metrics: Mapping[str, str]
) -> Plot:
    views = []
    for metric, words in metrics.items():
        by_server: dict[str, list[list[float | None]]] = {}
        for summary in summaries:
            for cell in summary.cells:
                value = _core_percent(cell) if metric == "core" else cell.value(metric)
                broke = [1] if cell.outcome == "behind" else []
                if (not value and not broke) or cell.server.endswith(AGAIN):
                    continue
                place = float(getattr(cell.workload, axis))
                point = [place, _short(value) if value else None, *broke]
                by_server.setdefault(cell.server, []).append(point)
        lines = [
            {"server": server, "at": sorted(at, key=lambda point: point[0] or 0)}
            for server, at in by_server.items()
            if any(len(point) == 2 for point in at)
        ]
        views.append({"name": metric, "y": words, "yScale": "log", "lines": lines})
    return _plot(name, label, "log", views)


def _core_percent(cell: Cell) -> float | None:
    """Return how busy the server kept its core: the processor time of all its deliveries."""
    server_us, rate_hz = cell.value("server"), cell.value("achieved")
    if server_us is None or rate_hz is None:
        return None
    return server_us * rate_hz * cell.workload.listeners / 1e4


def _stalls(summary: Summary) -> Plot:
    views = []
    for workload in dict.fromkeys(cell.workload for cell in summary.cells):
        lines = []
        for cell in summary.at(workload):
            run = cell.typical
            if run is not None and run.figures is not None and run.figures.slices:
                at = [[one.after_s, _short(one.p99_ns / 1e6)] for one in run.figures.slices]
                lines.append({"server": cell.server, "at": at})
        point = summary.scenario.point_text(workload)
        label = f"p99 of the other clients, ms ({point})"
        view = {"name": point, "y": label, "yScale": "log", "lines": lines}
        views.append({**view, "mark": workload.stall_after_s, "marked": "a client stops reading"})
    if summary.scenario.axis == "payload_bytes":
        views.reverse()  # the longest messages first: they show the most
    return {**_plot(summary.scenario.name, "seconds", "linear", views), "sameScale": True}


def _percentiles(summary: Summary, of: str, label: str) -> Plot:
    lines = []
    for cell in summary.shown:
        if cell.outcome == "behind":
            continue
        pooled = estimates.merge(getattr(run.figures, of) for run in cell.valid if run.figures)
        deepest = nines(estimates.deepest_percent(estimates.count(pooled)))
        at = [_percentile(pooled, deepest * step / _STEPS) for step in range(_STEPS + 1)]
        lines.append({"server": cell.server, "at": at})
    view = {"name": "all", "y": label, "yScale": "log", "lines": lines}
    return _plot(summary.scenario.name, "percentile", "nines", [view])


def _percentile(pooled: estimates.Histogram, depth: float) -> list[float]:
    percent = 100 * (1 - 10**-depth)
    return [round(depth, 3), _short(estimates.histogram_percentile(pooled, percent) / 1e6)]


def _short(value: float) -> float:
    """Round to four digits: a screen shows no more, and the page is smaller."""
    return float(f"{value:.4g}") if math.isfinite(value) else value
