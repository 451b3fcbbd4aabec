"""The sections of a report: for each scenario its charts, its findings and its table of figures.

This module decides what is shown; `summary` computes and `charts` draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks import charts
from benchmarks.chart_styles import BROKE, LOOK, Style, styles_of
from benchmarks.estimates import MIN_PROCESSES
from benchmarks.limits import limits_of, near
from benchmarks.metrics import METRICS
from benchmarks.results import Results
from benchmarks.scenarios import SCENARIOS
from benchmarks.sentences import findings, growth, ladders, remarks
from benchmarks.sentences.claims import claim
from benchmarks.sentences.pythons import default_python, word
from benchmarks.sentences.rankings import comparable
from benchmarks.sentences.wording import Finding, ratio_text
from benchmarks.summary import Cell, Summary, summarise
from benchmarks.svg import to_svg
from benchmarks.table import COLUMNS


__all__ = ["LOADS", "Chart", "Section", "Table", "sections"]

_BARE = ("closed", "crowd")  # one send per delivery, nothing joined: floor and network bound it
_TOO_FEW = f"Fewer than {MIN_PROCESSES} processes per point were measured."
_GROWING = ("scaling", "sizes")  # one after the other: together they are the cost of growth
_LINE = (
    "Where each server leaves its line: where a delivery costs at least "
    f"{growth.LEAVES:g} times as much as with 100 clients, or with the shortest messages"
)
UNPINNED = (
    "The load generator shared the cores with the server, and did not poll. So compare these "
    "values with each other only, and not with other sections. A run that other programs disturbed "
    "is not noticed here."
)
LOADS = tuple(name for name, one in SCENARIOS.items() if one.until_it_breaks)
_MEANINGS = {
    BROKE: "did not keep up: less than nine tenths of the rate arrived",
    "?": "to be doubted: some of its runs do not count",
    "!": f"to be doubted: costs less than {remarks.FLOOR}, which only sends",
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
    **dict.fromkeys(LOADS, ("p50", "p99", "achieved", "cpu", "server", "generator")),
    "capacity": ("last_p95", "own_p95", "cost", "rss"),
    "slow": ("calm", "stalled", "cut", "stall_rss", "p50", "p99"),
    "policies": ("calm", "stalled", "cut", "stall_rss", "p50", "p99"),
    "churn": ("p50", "p99", "max", "server", "generator"),
    "everyone": ("cost", "p50", "p99", "max", "generator"),
    "idle": ("client", "wakeups", "idle", "tasks"),
    "scaling": ("cost", "p99", "server", "rss", "tasks"),
    "crowd": ("cost", "last_p99", "server", "rss", "client", "tasks"),
    "sizes": ("cost", "p99", "server", "rss", "wire", "generator"),
    "pythons": ("cost", "client", "rss", "server", "switches", "tasks"),
    "pythons-open": ("p50", "p99", "max", "server", "rss"),
    "unpinned": ("cost", "server", "cpu", "switches", "tasks"),
}


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names the server."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """A chart, and what it shows. ``svg`` is markup, safe to insert; empty without a chart.

    ``alt`` describes the picture for a reader who does not see it; the finding says what it means.
    ``ties`` are the brackets that the chart draws: groups of servers of which every two are tied.
    """

    finding: Finding
    svg: str
    name: str = ""  # of the metric
    alt: str = ""
    ties: tuple[tuple[str, ...], ...] = ()


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
    matrices: tuple[tuple[str, Table], ...] = ()  # shown open, above the table: heading, table


def sections(results: Results) -> list[Section]:
    """Return a section for each scenario.

    Load curves come first, and what grows comes last but for the Pythons; else the order is that of
    the measurement.
    """
    summaries = summarise(results)
    everyone = dict.fromkeys(server for summary in summaries for server in summary.servers)
    styles = styles_of(list(everyone))
    first = sorted(summaries, key=lambda summary: _place(summary.scenario.name))
    with mpl.rc_context(LOOK):
        return [_section(summary, summaries, styles, results) for summary in first]


def _place(name: str) -> int:
    if name in LOADS:
        return 0
    if SCENARIOS[name].axis == "python":
        return 3
    return 2 if name in _GROWING else 1


def _section(
    summary: Summary, summaries: Sequence[Summary], styles: dict[str, Style], results: Results
) -> Section:
    scenario = summary.scenario
    drawn = []
    if any(cell.valid for server in summary.servers for cell in summary.of(server)):
        for number, drawing in enumerate(_figures(summary, summaries, styles, results.copy_us)):
            svg = to_svg(drawing.figure, f"{scenario.name}{number}", drawing.alt)
            drawn.append(Chart(drawing.said, svg, drawing.metric, drawing.alt, drawing.ties))
    said = [
        *((remarks.floor(summary).sentence, _network(summary)) if scenario.name in _BARE else ()),
        _noise(summary),
        remarks.left_out(summary),
        _generators(summary),
        "" if summary.cells[0].workload.pinned else UNPINNED,
    ]
    return Section(
        scenario.name,
        scenario.title,
        scenario.expects,
        _workload(summary),
        tuple(drawn) or (Chart(findings.say(summary), ""),),
        tuple(remark for remark in said if remark),
        _table(summary),
        _matrices(summary, summaries, results),
    )


def _matrices(
    summary: Summary, summaries: Sequence[Summary], results: Results
) -> tuple[tuple[str, Table], ...]:
    if summary.scenario.axis == "python":
        heads = [_python_heading(name, results) for name in _pythons(summary)]
        default = default_python(summary)
        return tuple(
            (f"{METRICS[metric].label}, and the ratio to the same server on {default}", table)
            for metric in COLUMNS[summary.scenario.name][:2]
            if (table := _python_matrix(summary, metric, heads)).rows
        )
    name = summary.scenario.name
    if name not in _GROWING:
        return ()
    others = {one.scenario.name: one for one in summaries}
    room, sizes = growth.rooms(summaries), others.get("sizes")
    made = []
    if name == "scaling" or room is None:  # once, in the first of the two sections
        servers = dict.fromkeys(
            server for one in (room, sizes) if one is not None for server in one.servers
        )
        said = {server: growth.leaving(server, room, sizes).sentence for server in servers}
        rows = tuple((server, text or _TOO_FEW) for server, text in said.items())
        if any(said.values()):
            made.append((_LINE, Table(("server", "where it leaves its line"), rows)))
    walked = room if name == "scaling" and room is not None else summary
    made.append(("Physical limits, µs per delivery", _limit_table(walked, results)))
    return tuple((heading, table) for heading, table in made if table.rows)


def _limit_table(summary: Summary, results: Results) -> Table:
    limits = limits_of(summary, results.copy_us)
    places = sorted({place for values in limits.values() for place in values})
    rows = [
        (name, *(f"{values[place]:.3g}" if place in values else "-" for place in places))
        for name, values in limits.items()
    ]
    heads = (f"{place:,g} {summary.scenario.unit}" for place in places)
    return Table(("limit", *heads), tuple(rows))


def _pythons(summary: Summary) -> list[str]:
    return list(dict.fromkeys(cell.workload.python for cell in summary.cells))


def _python_heading(name: str, results: Results) -> str:
    """Return a Python's name and version; for a build without the GIL also the GIL's state."""
    known = results.interpreters.get(name)
    if known is None:
        return name
    if not known.free_threaded:
        return known.version
    return f"{known.version}, free-threaded build, GIL {'on' if known.gil else 'off'}"


def _python_matrix(summary: Summary, metric: str, heads: Sequence[str]) -> Table:
    """One row per server, one column per Python: the value, and its ratio to the default one."""
    rows = []
    for server in summary.servers:
        by_python = {cell.workload.python: cell for cell in summary.of(server)}
        base = by_python.get(default_python(summary))
        row = [server]
        for name in _pythons(summary):
            cell = by_python.get(name)
            if cell is None or cell.value(metric) is None or not cell.kept_up:
                row.append("-" if cell is None else cell.outcome)
                continue
            text = cell.text(metric)
            if base is not None and cell is not base and base.kept_up:
                text += f" · {ratio_text(summary.ratio(metric, cell, base))}"
                if comparable(metric, (cell, base)):
                    text += f" {word(claim(summary, metric, cell, base))}"
            row.append(text)
        rows.append(tuple(row))
    return Table(("server", *heads), tuple(rows))


def _network(summary: Summary) -> str:
    said = remarks.wire(summary.shown)
    return f"{said} The chart marks it." if said else ""


def _noise(summary: Summary) -> str:
    metric = COLUMNS[summary.scenario.name][0]
    said = remarks.noise(summary, metric)
    band = _band(summary, metric)
    if not said or not band:
        return said
    width = math.exp(summary.noise_width(metric))
    return (
        f"{said} The grey band in the chart is that range around {summary.peer}: a server with a "
        f"ratio of {1 / width:.2f} to {width:.2f} is tied with it."
    )


def _band(summary: Summary, metric: str) -> tuple[float, float] | None:
    """Return the values that a server tied with the peer can have; None without a band."""
    middle = next((cell.value(metric) for cell in summary.shown if cell.server == summary.peer), 0)
    factor = math.exp(summary.noise_width(metric))
    return (middle / factor, middle * factor) if middle and factor > 1 else None


@dataclass(frozen=True)
class _Drawing:
    said: Finding
    figure: Figure
    metric: str
    alt: str
    ties: tuple[tuple[str, ...], ...] = ()


def _figures(
    summary: Summary,
    summaries: Sequence[Summary],
    styles: dict[str, Style],
    copy_us: Mapping[int, float],
) -> list[_Drawing]:
    drawn = _drawings(summary, summaries, styles, copy_us)
    return [drawing for drawing in drawn if drawing is not None]


def _drawings(
    summary: Summary,
    summaries: Sequence[Summary],
    styles: dict[str, Style],
    copy_us: Mapping[int, float],
) -> Sequence[_Drawing | None]:
    said, name = findings.say(summary), summary.scenario.name
    shown, known = summary.shown, (summary.peer, remarks.FLOOR)
    notes = _notes(summary, shown)
    if name in LOADS:
        broke = ladders.broke(summary)
        return [
            _Drawing(
                said if metric == "p99" else findings.half(summary),
                charts.load_curve(summary, metric, styles, broke, height_in=height_in),
                metric,
                f"Line chart on logarithmic axes: {METRICS[metric].label} against the messages "
                "offered per second, one line per server, with a cross where the server broke.",
            )
            for metric, height_in in (("p99", 5.0), ("p50", 3.8))
        ]
    match name:
        case "closed" | "crowd":
            wire_us = remarks.wire_us(shown)
            limits = {"1 Gbit/s": wire_us} if wire_us else {}
            cost = _dots(summary, "cost", styles, known, said, limits)
            if name == "crowd":
                return [cost]
            last = "ms until the last recipient has it"
            return [
                cost,
                _Drawing(
                    findings.tails(summary),
                    charts.spectrum(shown, "last", last, styles, known, notes=notes),
                    "last",
                    "Line charts, one panel per runtime and one for the peers: the time until the "
                    "last recipient has a message, from the median to the rarest percentile.",
                ),
                _Drawing(
                    findings.serving_order(summary),
                    charts.strips(shown, styles),
                    "order",
                    "One panel per server: a dash for each recipient of one message, at the time "
                    "when it got the message. A straight slope is a fixed order of serving.",
                ),
            ]
        case "open" | "poisson" | "churn":
            if not shown:
                return []
            each = "ms from due to delivered, all recipients"
            return [
                _dots(summary, "p99", styles, known, said),
                _Drawing(
                    Finding("The rarer percentiles show how long the longest deliveries take."),
                    charts.spectrum(shown, "response", each, styles, known, notes=notes),
                    "response",
                    "Line charts, one panel per runtime and one for the peers: the time until a "
                    "delivery arrives, from the fastest to the rarest percentile.",
                ),
            ]
        case "capacity":
            held = ladders.reached(summary)
            top = max(float(summary.scenario.value(cell.workload)) for cell in summary.cells)
            far = {server: held.get(server, 0.0) for server in summary.servers}
            return [
                _Drawing(
                    said,
                    charts.bars(far, top, summary.scenario.unit, styles),
                    "last_p95",
                    f"Bar chart: for each server the last number of {summary.scenario.unit} at "
                    "which it met the limit.",
                )
            ]
        case "slow":
            rows = [server for server in summary.servers if _has_values(summary.of(server))]
            columns = list(dict.fromkeys(_point(cell) for cell in summary.cells))
            places = {(cell.server, _point(cell)): cell for cell in summary.cells}
            return [_matrix(summary, said, "server", rows, columns, places, styles)]
        case "policies":
            columns = [server for server in summary.servers if _has_values(summary.of(server))]
            rows = list(dict.fromkeys(cell.workload.slow_consumer for cell in summary.cells))
            places = {(cell.workload.slow_consumer, cell.server): cell for cell in summary.cells}
            return [_matrix(summary, said, "policy", rows, columns, places, styles)]
        case "everyone":
            return [_dots(summary, "cost", styles, known, said)]
        case "idle":
            return [_dots(summary, "client", styles, known, said)]
        case "scaling":
            room = growth.rooms(summaries) or summary
            return _growth(room, said, "clients", "the number of clients", styles, copy_us)
        case "sizes":
            words = "the bytes of a message"
            return _growth(summary, said, "bytes per message", words, styles, copy_us)
        case _:
            return []  # the matrix says everything


def _growth(
    summary: Summary,
    said: Finding,
    label: str,
    words: str,
    styles: dict[str, Style],
    copy_us: Mapping[int, float],
) -> list[_Drawing]:
    """Draw cost, p99 and memory against a field; the cost with the physical limits."""
    limits = near(limits_of(summary, copy_us), summary)
    return [
        _Drawing(
            found,
            charts.lines(
                [summary],
                metric,
                summary.scenario.axis,
                label,
                styles,
                limits if metric == "cost" else {},
            ),
            metric,
            f"Line chart on logarithmic axes: {METRICS[metric].label} against {words}, one line "
            "per server"
            + (", and dotted lines for the physical limits." if metric == "cost" else "."),
        )
        for metric, found in (
            ("cost", said),
            ("p99", findings.slowest(summary)),
            ("rss", findings.memory(summary)),
        )
    ]


def _dots(
    summary: Summary,
    metric: str,
    styles: dict[str, Style],
    known: Sequence[str],
    said: Finding,
    limits: dict[str, float] | None = None,
) -> _Drawing | None:
    """Draw one row per server, the lowest first, with its ratio, its interval and its ties.

    None if no server kept up: they are listed, not drawn.
    """
    kept_up = [cell for cell in summary.shown if cell.kept_up or not cell.outrun]
    ranked = summary.ranked(metric, kept_up)
    if not ranked:
        return None
    ratios = {cell.server: ratio_text(summary.to_peer(cell, metric)) for cell in ranked}
    brackets = summary.brackets(metric, ranked) if comparable(metric, ranked) else []
    ties = tuple(tuple(cell.server for cell in group) for group in brackets)
    band = _band(summary, metric)
    more = []
    if band:
        more.append(f"grey band: servers in it are tied with {summary.peer} (see below)")
    if ties:
        more.append("brackets on the right: servers that are tied")
    notes = replace(_notes(summary, ranked), more=more)
    figure = charts.dots(
        ranked,
        metric,
        styles,
        known,
        ratios=ratios if len(ranked) > 1 else {},
        ties=ties,
        notes=notes,
        band=band,
        limits=limits,
    )
    alt = (
        f"Dot plot, one row per server, sorted by its median: {METRICS[metric].label}, a mark for "
        f"each process, the interval of the median, and the ratio to {summary.peer}."
    )
    return _Drawing(said, figure, metric, alt, ties)


def _matrix(
    summary: Summary,
    said: Finding,
    kind: str,
    rows: Sequence[str],
    columns: Sequence[str],
    places: dict[tuple[str, str], Cell],
    styles: dict[str, Style],
) -> _Drawing:
    alt = (
        f"Matrix of small line charts, one row per {kind}: the p99 of the clients that still read, "
        "over time, with the moments when one client stops reading and when it is cut off."
    )
    return _Drawing(said, charts.matrix(rows, columns, places, styles), "stalled", alt)


def _has_values(cells: Sequence[Cell]) -> bool:
    return any(cell.typical is not None for cell in cells)


def _point(cell: Cell) -> str:
    return SCENARIOS["slow"].point_text(cell.workload)


def _notes(summary: Summary, cells: Sequence[Cell]) -> charts.Notes:
    """Return the marks of servers whose numbers a reader should doubt, or that did not keep up."""
    bare = summary.scenario.name in _BARE
    below = {cell.server for cell in remarks.below_floor(summary)} if bare else set()
    marks = {}
    for cell in cells:
        mark = BROKE * (not cell.kept_up)
        mark += "?" * (len(cell.valid) < len(cell.runs))
        mark += "!" * (cell.server in below)
        if mark:
            marks[cell.server] = mark
    return charts.Notes(marks, _MEANINGS)


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
    processes = max(len(cell.valid) or 1 for cell in summary.cells)
    said.append("1 process per server" if processes == 1 else f"{processes} processes per server")
    return ", ".join(said) + "."


def _table(summary: Summary) -> Table:
    scenario, names = summary.scenario, _METRICS[summary.scenario.name]
    main = COLUMNS[scenario.name][0]
    axis = (scenario.heading,) if scenario.axis else ()
    counted = ("system calls/delivery",) if summary.counted else ()
    columns = (
        "server",
        *axis,
        *(METRICS[name].label for name in names),
        *counted,
        f"{METRICS[main].label}, ratio to {summary.peer}",
        f"{METRICS[main].label}, ties",
        "runs",
        "verdict",
    )
    rows = []
    letters = {
        point: summary.letters(main, [cell for cell in summary.at(point) if cell.kept_up])
        for point in dict.fromkeys(cell.workload for cell in summary.cells)
    }
    for server in summary.servers:
        for cell in summary.of(server):
            calls = summary.counted.get(server)
            rows.append(
                (
                    server,
                    *((scenario.value_text(cell.workload),) if axis else ()),
                    *(cell.text(name) for name in names),
                    *((f"{calls:.2f}" if calls else "-",) if counted else ()),
                    ratio_text(summary.to_peer(cell, main)),
                    letters[cell.workload].get(server, "-"),
                    f"{len(cell.valid)}/{len(cell.runs)}",
                    cell.outcome,
                )
            )
    return Table(columns, tuple(rows))
