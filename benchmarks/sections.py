"""The report's sections: for each scenario its charts, what to see in them, and the same in tables.

Only `summary` computes and only `charts` draws; here it is decided what is shown of which.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks import charts, sentences
from benchmarks.metrics import METRICS
from benchmarks.results import Results
from benchmarks.summary import Cell, Summary, summarise
from benchmarks.svg import LOOK, Style, styles_of, to_svg
from benchmarks.table import COLUMNS, axis_text, ratio_text


__all__ = ["Chart", "Section", "Table", "sections"]

_BARE = ("closed", "crowd")  # one send a delivery and nothing joined: floor and wire bound them
_METRICS: dict[str, tuple[str, ...]] = {  # what stands in a scenario's table
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
    """Cells as text; the first column names the server."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """One picture, and what to see in it. ``svg`` is markup and safe as it stands."""

    sentence: str
    svg: str


@dataclass(frozen=True)
class Section:
    """One scenario: what was expected, what came, and the figures."""

    name: str
    title: str
    expects: str
    workload: str
    charts: tuple[Chart, ...]
    remarks: tuple[str, ...]
    table: Table


def sections(results: Results) -> list[Section]:
    """Return a section for each scenario, in the order in which they were measured."""
    summaries = summarise(results)
    everyone = dict.fromkeys(server for summary in summaries for server in summary.servers)
    styles = styles_of(list(everyone))
    with mpl.rc_context(LOOK):
        return [_section(summary, summaries, styles) for summary in summaries]


def _section(summary: Summary, summaries: Sequence[Summary], styles: dict[str, Style]) -> Section:
    scenario = summary.scenario
    drawn = []
    if any(cell.valid for cell in summary.cells):
        for number, (sentence, figure) in enumerate(_figures(summary, summaries, styles)):
            drawn.append(Chart(sentence, to_svg(figure, f"{scenario.name}{number}", sentence)))
    remarks = [
        *((sentences.floor(summary), _network(summary)) if scenario.name in _BARE else ()),
        _noise(summary),
        sentences.left_out(summary),
        _generators(summary),
    ]
    return Section(
        scenario.name,
        scenario.title,
        scenario.expects,
        _workload(summary),
        tuple(drawn) or (Chart(sentences.say(summary), ""),),
        tuple(remark for remark in remarks if remark),
        _table(summary),
    )


def _network(summary: Summary) -> str:
    said = sentences.wire(summary.shown)
    return f"{said} It is drawn in as a line." if said else ""


def _noise(summary: Summary) -> str:
    said = sentences.noise(summary, COLUMNS[summary.scenario.name][0])
    banded = said and summary.scenario.name in _BARE and _band(summary)
    if not banded:
        return said
    return f"{said} Who lies in the grey band, twice as wide, is not told from {summary.peer}."


def _band(summary: Summary) -> tuple[float, float] | None:
    """Where the peer and a server cannot be told apart."""
    middle = next((cell.value("cost") for cell in summary.shown if cell.server == summary.peer), 0)
    factor = math.exp(summary.noise_width("cost"))
    return (middle / factor, middle * factor) if middle and factor > 1 else None


def _figures(
    summary: Summary, summaries: Sequence[Summary], styles: dict[str, Style]
) -> list[tuple[str, Figure]]:
    said, name = sentences.say(summary), summary.scenario.name
    shown, known = summary.shown, (summary.peer, sentences.FLOOR)
    match name:
        case "closed" | "crowd":
            wire_us = sentences.wire_us(shown)
            limits = {"1 Gbit/s": wire_us} if wire_us else {}
            cost = charts.dots(shown, "cost", styles, known, band=_band(summary), limits=limits)
            if name == "crowd":
                return [(said, cost)]
            last = "ms until the last recipient"
            return [
                (said, cost),
                (sentences.tails(shown), charts.spectrum(shown, "last", last, styles, known)),
                (sentences.strip(summary), charts.strips(shown, styles)),
            ]
        case "open" | "poisson" | "churn":
            if not shown:
                return []
            each = "ms since it was due, each recipient"
            return [(said, charts.spectrum(shown, "response", each, styles, known))]
        case "knee" | "capacity":
            reached = sentences.reached(summary)
            top = max(float(summary.scenario.value(cell.workload)) for cell in summary.cells)
            far = {server: reached.get(server, 0.0) for server in summary.servers}
            label = "messages a second" if name == "knee" else "clients"
            return [(said, charts.bars(far, top, label, styles))]
        case "slow" | "policies":
            cells = [cell for cell in summary.cells if cell.valid]
            return [(said, charts.timelines(cells, styles, partial(_point, summary)))]
        case "everyone":
            return [(said, charts.dots(shown, "cost", styles, known))]
        case "idle":
            return [(said, charts.dots(shown, "client", styles, known))]
        case "scaling":
            walked = [one for one in summaries if one.scenario.name in ("scaling", "crowd")]
            return [
                (said, charts.lines(walked, "cost", "clients", "clients", styles)),
                (
                    sentences.memory(summary),
                    charts.lines(walked, "rss", "clients", "clients", styles),
                ),
            ]
        case _:
            axis = summary.scenario.axis
            return [(said, charts.lines([summary], "cost", axis, "bytes in a message", styles))]


def _point(summary: Summary, cell: Cell) -> str:
    """Where a cell stands on the scenario's axis, as a title has it."""
    value = axis_text(summary.scenario.value(cell.workload))
    return f"{value} bytes" if summary.scenario.axis == "payload_bytes" else value


def _generators(summary: Summary) -> str:
    """Say how busy and how late the generator was at worst."""
    runs = [run for cell in summary.cells for run in cell.valid]
    shares = [value for run in runs if (value := METRICS["generator"].of(run)) is not None]
    if not shares:
        return ""
    said = f"The generator was busy for at most {max(shares):.0f} % of the time"
    if any(run.workload.rate_hz for run in runs):
        late = [run.figures.lateness_p99_ns / 1e6 for run in runs if run.figures]
        said += f", and 99 of 100 messages left at most {max(late):.2f} ms late"
    return f"{said}."


def _workload(summary: Summary) -> str:
    """One line: what every point has in common."""
    first = summary.cells[0].workload
    axis = summary.scenario.axis
    said = []
    if axis != "clients":
        said.append(f"{first.clients:,} clients")
    said.append("one speaks" if first.speakers == 1 else f"{first.speakers} speak")
    if axis != "payload_bytes":
        said.append(f"{first.payload_bytes:,}-byte messages")
    if first.rate_hz is None:
        said.append("the next when everyone has the last")
    elif axis != "rate_hz":
        said.append(f"{first.rate_hz:g} a second, {first.arrivals} arrivals")
    if first.stalled_clients:
        said.append(f"{first.stalled_clients} stops reading after {first.stall_after_s:g} s")
    if first.churn_hz:
        said.append(f"{first.churn_hz:g} others come and go each second")
    if first.idle_s:
        said.append(f"{first.idle_s:g} s of silence first")
    processes = max(len(cell.runs) for cell in summary.cells)
    said.append("one process of each" if processes == 1 else f"{processes} processes of each")
    return ", ".join(said) + "."


def _table(summary: Summary) -> Table:
    scenario, names = summary.scenario, _METRICS[summary.scenario.name]
    axis = (scenario.axis.replace("_", " "),) if scenario.axis else ()
    counted = ("system calls",) if summary.counted else ()
    columns = (
        "server",
        *axis,
        *(METRICS[name].label for name in names),
        *counted,
        f"{METRICS[COLUMNS[scenario.name][0]].label} to {summary.peer}",
        "runs",
        "verdict",
    )
    rows = []
    for server in summary.servers:
        for cell in summary.of(server):
            calls = summary.counted.get(server)
            value = scenario.value(cell.workload)
            rows.append(
                (
                    server,
                    *((axis_text(value),) if axis else ()),
                    *(cell.text(name) for name in names),
                    *((f"{calls:.2f}" if calls else "-",) if counted else ()),
                    ratio_text(summary.to_peer(cell, COLUMNS[scenario.name][0])),
                    f"{len(cell.valid)}/{len(cell.runs)}",
                    cell.outcome,
                )
            )
    return Table(columns, tuple(rows))
