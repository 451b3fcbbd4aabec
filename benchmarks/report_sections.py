"""The sections of a report: for each scenario its charts, its findings and its table of figures.

This module decides what is shown; `summary` computes and `charts` draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks import charts
from benchmarks.chart_styles import LOOK, Style, styles_of
from benchmarks.metrics import METRICS
from benchmarks.results import Results
from benchmarks.sentences import findings, remarks
from benchmarks.sentences.ladders import reached
from benchmarks.sentences.wording import Finding
from benchmarks.summary import Summary, summarise
from benchmarks.svg import to_svg
from benchmarks.table import COLUMNS, ratio_text


__all__ = ["Chart", "Section", "Table", "sections"]

_BARE = ("closed", "crowd")  # one send per delivery, nothing joined: floor and network bound it
_NARROWEST = 1.01  # of a band that can be seen in a chart
_NAMES = {  # by scenario: the names of its charts
    "knee": ("p99",),
    "closed": ("cost", "last", "order"),
    **dict.fromkeys(("open", "poisson", "churn"), ("response",)),
    **dict.fromkeys(("slow", "policies"), ("stalled",)),
    "scaling": ("cost", "rss"),
    "sizes": ("cost",),
}
_METRICS: dict[str, tuple[str, ...]] = {  # by scenario: the columns of its table
    "closed": (
        "cost",
        "first",
        "median",
        "last",
        "last_p99",
        "spread",
        "worst",
        "server",
        "switches",
        "tasks",
        "client",
        "wire",
        "generator",
    ),
    "open": ("p50", "p90", "p99", "p999", "max", "last_p99", "worst", "server", "generator"),
    "poisson": ("p50", "p90", "p99", "p999", "max", "server", "generator"),
    "knee": ("p50", "p99", "achieved", "server", "generator"),
    "capacity": ("last_p95", "own_p95", "cost", "rss"),
    "slow": ("calm", "stalled", "cut", "stall_rss", "p50", "p99"),
    "policies": ("calm", "stalled", "cut", "stall_rss", "p50", "p99"),
    "churn": ("p50", "p99", "max", "server", "generator"),
    "everyone": ("cost", "p50", "p99", "max", "generator"),
    "idle": ("client", "wakeups", "idle", "tasks"),
    "scaling": ("cost", "last_p99", "server", "rss", "tasks"),
    "crowd": ("cost", "last_p99", "server", "rss", "client", "tasks"),
    "sizes": ("cost", "last_p99", "server", "wire", "generator"),
}


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names the server."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """A chart, and what it shows. ``svg`` is markup, safe to insert; empty without a chart."""

    finding: Finding
    svg: str
    name: str = ""  # of the metric


@dataclass(frozen=True)
class Section:
    """One scenario: what was expected, what was found, and the figures."""

    name: str
    title: str
    expects: str
    workload: str
    charts: tuple[Chart, ...]
    remarks: tuple[str, ...]
    table: Table


def sections(results: Results) -> list[Section]:
    """Return a section for each scenario, in the order of measurement."""
    summaries = summarise(results)
    everyone = dict.fromkeys(server for summary in summaries for server in summary.servers)
    styles = styles_of(list(everyone))
    with mpl.rc_context(LOOK):
        return [_section(summary, summaries, styles) for summary in summaries]


def _section(summary: Summary, summaries: Sequence[Summary], styles: dict[str, Style]) -> Section:
    scenario = summary.scenario
    drawn = []
    if any(cell.valid for cell in summary.cells):
        for number, (found, figure) in enumerate(_figures(summary, summaries, styles)):
            svg = to_svg(figure, f"{scenario.name}{number}", found.sentence)
            names = _NAMES.get(scenario.name, ())
            drawn.append(Chart(found, svg, names[number] if number < len(names) else ""))
    said = [
        *((remarks.floor(summary), _network(summary)) if scenario.name in _BARE else ()),
        _noise(summary),
        remarks.left_out(summary),
        _generators(summary),
    ]
    return Section(
        scenario.name,
        scenario.title,
        scenario.expects,
        _workload(summary),
        tuple(drawn) or (Chart(findings.say(summary), ""),),
        tuple(remark for remark in said if remark),
        _table(summary),
    )


def _network(summary: Summary) -> str:
    said = remarks.wire(summary.shown)
    return f"{said} The chart marks it." if said else ""


def _noise(summary: Summary) -> str:
    said = remarks.noise(summary, COLUMNS[summary.scenario.name][0])
    banded = said and summary.scenario.name in _BARE and _band(summary)
    return f"{said} Servers in the grey band are tied with {summary.peer}." if banded else said


def _band(summary: Summary) -> tuple[float, float] | None:
    """Return the range in which a server is tied with the peer; None if it cannot be seen."""
    middle = next((cell.value("cost") for cell in summary.shown if cell.server == summary.peer), 0)
    factor = math.exp(summary.noise_width("cost"))
    return (middle / factor, middle * factor) if middle and factor > _NARROWEST else None


def _figures(
    summary: Summary, summaries: Sequence[Summary], styles: dict[str, Style]
) -> list[tuple[Finding, Figure]]:
    said, name = findings.say(summary), summary.scenario.name
    shown, known = summary.shown, (summary.peer, remarks.FLOOR)
    match name:
        case "closed" | "crowd":
            wire_us = remarks.wire_us(shown)
            limits = {"1 Gbit/s": wire_us} if wire_us else {}
            cost = charts.dots(shown, "cost", styles, known, band=_band(summary), limits=limits)
            if name == "crowd":
                return [(said, cost)]
            last = "ms until the last recipient has it"
            return [
                (said, cost),
                (findings.tails(shown), charts.spectrum(shown, "last", last, styles, known)),
                (findings.serving_order(summary), charts.strips(shown, styles)),
            ]
        case "open" | "poisson" | "churn":
            if not shown:
                return []
            each = "ms from due to delivered, all recipients"
            return [(said, charts.spectrum(shown, "response", each, styles, known))]
        case "knee":
            label = "messages per second, offered"
            return [(said, charts.lines([summary], "p99", "rate_hz", label, styles))]
        case "capacity":
            held = reached(summary)
            top = max(float(summary.scenario.value(cell.workload)) for cell in summary.cells)
            far = {server: held.get(server, 0.0) for server in summary.servers}
            return [(said, charts.bars(far, top, summary.scenario.unit, styles))]
        case "slow" | "policies":
            cells = [cell for cell in summary.cells if cell.valid]
            point = summary.scenario.point_text
            return [(said, charts.timelines(cells, styles, lambda cell: point(cell.workload)))]
        case "everyone":
            return [(said, charts.dots(shown, "cost", styles, known))]
        case "idle":
            return [(said, charts.dots(shown, "client", styles, known))]
        case "scaling":
            walked = [one for one in summaries if one.scenario.name in ("scaling", "crowd")]
            return [
                (said, charts.lines(walked, "cost", "clients", "clients", styles)),
                (
                    findings.memory(summary),
                    charts.lines(walked, "rss", "clients", "clients", styles),
                ),
            ]
        case _:
            axis = summary.scenario.axis
            return [(said, charts.lines([summary], "cost", axis, "bytes per message", styles))]


def _generators(summary: Summary) -> str:
    """Say how busy and how late the generator was, in its worst run."""
    runs = [run for cell in summary.cells for run in cell.valid]
    shares = [value for run in runs if (value := METRICS["generator"].of(run)) is not None]
    if not shares:
        return ""
    said = f"The load generator was busy for at most {max(shares):.0f} % of the time"
    if any(run.workload.rate_hz for run in runs):
        late = [run.figures.lateness_p99_ns / 1e6 for run in runs if run.figures]
        said += f", and sent 99 of 100 messages at most {max(late):.2f} ms late"
    return f"{said}."


def _workload(summary: Summary) -> str:
    """Return one line: what all points of a scenario have in common."""
    first = summary.cells[0].workload
    axis = summary.scenario.axis
    said = []
    if axis != "clients":
        said.append(f"{first.clients:,} clients")
    said.append("1 speaker" if first.speakers == 1 else f"{first.speakers} speakers")
    if axis != "payload_bytes":
        said.append(f"{first.payload_bytes:,}-byte messages")
    if first.rate_hz is None:
        said.append("closed loop (the next message follows when every client has the last one)")
    elif axis != "rate_hz":
        arrivals = "at random intervals" if first.arrivals == "poisson" else "at fixed intervals"
        said.append(f"{first.rate_hz:g} messages/s {arrivals}")
    if first.stalled_clients:
        count = first.stalled_clients
        stalled = "1 client stops" if count == 1 else f"{count} clients stop"
        said.append(f"{stalled} reading after {first.stall_after_s:g} s")
    if first.churn_hz:
        said.append(f"{first.churn_hz:g} visitors per second connect and leave")
    if first.idle_s:
        said.append(f"{first.idle_s:g} s of silence first")
    processes = max(len(cell.runs) for cell in summary.cells)
    said.append("1 process per server" if processes == 1 else f"{processes} processes per server")
    return ", ".join(said) + "."


def _table(summary: Summary) -> Table:
    scenario, names = summary.scenario, _METRICS[summary.scenario.name]
    axis = (scenario.heading,) if scenario.axis else ()
    counted = ("system calls/delivery",) if summary.counted else ()
    columns = (
        "server",
        *axis,
        *(METRICS[name].label for name in names),
        *counted,
        f"{METRICS[COLUMNS[scenario.name][0]].label}, ratio to {summary.peer}",
        "runs",
        "verdict",
    )
    rows = []
    for server in summary.servers:
        for cell in summary.of(server):
            calls = summary.counted.get(server)
            rows.append(
                (
                    server,
                    *((scenario.value_text(cell.workload),) if axis else ()),
                    *(cell.text(name) for name in names),
                    *((f"{calls:.2f}" if calls else "-",) if counted else ()),
                    ratio_text(summary.to_peer(cell, COLUMNS[scenario.name][0])),
                    f"{len(cell.valid)}/{len(cell.runs)}",
                    cell.outcome,
                )
            )
    return Table(columns, tuple(rows))
