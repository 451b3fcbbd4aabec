"""The matrix of servers and rules: for a terminal, and as a page.

A verdict is a symbol first and a colour second, so that a report can be read on paper, in a pipe
and by a colour-blind reader.
"""

import base64
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from rich.console import Console
from rich.text import Text

from conformance.protocol import Rule
from conformance.results import Cell, Results, Run
from conformance.stages import not_reached, stages
from conformance.verdicts import Verdict


__all__ = [
    "SYMBOLS",
    "matrix_fragment",
    "matrix_style",
    "print_report",
    "render_html",
    "shortened",
]

SYMBOLS: dict[Verdict, str] = {
    "pass": "✓",
    "fail": "✗",
    "unknown": "?",
    "not reached": "○",
    "declared": "d",
    "left out": "·",
    "not applicable": "-",
}
_STYLES: dict[Verdict, str] = {
    "pass": "green",
    "fail": "bold red",
    "unknown": "bold yellow",
    "not reached": "yellow",
    "declared": "cyan",
    "left out": "dim",
    "not applicable": "dim",
}
_FOLDER = Path(__file__).parent
_COLUMNS = 80  # of a report that goes to a pipe or a file
_HEADINGS: dict[Verdict, str] = {
    "unknown": "Unknown: the run did not really exercise these rules",
    "declared": "Declared: the server decides these differently, and says why",
}
_NO_TEST = "no test ran for it"
_TOLD_IN_FULL = 8  # failed rules; of more, only the first stage is told in full
_MESSAGE_LINES = 12  # of a failure's message; all of it is in the page and in the JSON


def print_report(
    results: Results, console: Console | None = None, *, every_failure: bool = False
) -> None:
    """Print the matrix, the totals, and the reason for every verdict that is not a pass.

    Of more than a few failures, only those of the first stage are told in full, unless
    ``every_failure`` is true.
    """
    console = console or Console()
    if not console.is_terminal:
        console.width = _COLUMNS
    for line in _terminal_lines(results, every_failure):
        console.print(line, soft_wrap=False)


def render_html(results: Results, autobahn: Sequence[str] = ()) -> str:
    """Return a page that loads nothing from anywhere.

    Args:
        autobahn: one line per runtime: the result of its WebSocket door in that suite.
    """
    page = _environment().get_template("report.html.j2")
    return page.render(results=results, autobahn=autobahn)


def matrix_fragment(results: Results) -> Markup:
    """Return the matrix and the failures as an HTML fragment for another page.

    That page has to contain ``matrix_style()`` once.
    """
    return Markup(_macros().matrix(results))


def matrix_style() -> Markup:
    """Return the style sheet that ``matrix_fragment`` needs, as a ``style`` element."""
    return Markup(_macros().style())


def _terminal_lines(results: Results, every_failure: bool) -> Iterator[Text]:
    width = max(len(rule.id) for rule in results.rules) + 2 if results.rules else 0
    yield from _staggered_names(results, width)
    for area, rules in results.areas().items():
        yield Text(area, style="bold")
        for rule in rules:
            line = Text(f"  {rule.id:{width}}")
            for server in results.servers:
                verdict = results.cell(server, rule).verdict
                line.append(SYMBOLS[verdict], style=_STYLES[verdict]).append(" ")
            if rule.level != "MUST":
                line.append(f" {rule.level}", style="dim")
            line.rstrip()
            yield line
    yield Text()
    yield from _totals(results)
    yield from _stories(results, every_failure)


def _staggered_names(results: Results, width: int) -> Iterator[Text]:
    """Return the head of the table: one line per server, which points down at its column."""
    for column, server in enumerate(results.servers):
        yield Text(" " * (width + 2) + "│ " * column + "┌ " + server)
    yield Text(" " * (width + 2) + "│ " * (len(results.servers) - 1) + "│")


def _totals(results: Results) -> Iterator[Text]:
    width = max(map(len, results.servers))
    for server in results.servers:
        line = Text(f"{server:{width}}  ")
        for verdict, symbol in SYMBOLS.items():
            count = results.count(server, verdict)
            if count or verdict == "pass":
                line.append(f" {symbol} {count} {verdict}", style=_STYLES[verdict])
        yield line
    if results.left_out:
        yield Text()
        ids = ", ".join(rule.id for rule in results.left_out)
        yield _wrapped(f"{SYMBOLS['left out']} not judged, because this run was quick: {ids}", "  ")


def _stories(results: Results, every_failure: bool) -> Iterator[Text]:
    yield from _failures(results, every_failure)
    yield from _not_reached(results)
    for verdict in ("unknown", "declared"):
        told = list(_by_rule(results, verdict))
        if told:
            yield Text()
            yield Text(_HEADINGS[verdict], style="bold")
        by_reason: dict[tuple[str, str], list[str]] = {}  # one reason may be that of many rules
        for rule, cells in told:
            for reason, servers in _reasons(cells).items():
                who = "" if len(servers) == len(results.servers) else f" ({', '.join(servers)})"
                by_reason.setdefault((who, reason), []).append(rule.id)
        for (who, reason), ids in by_reason.items():
            text = f"{SYMBOLS[verdict]} {', '.join(ids)}{who}: {reason}"
            yield _wrapped(text, "    ", "  ")
    for number, (rule, server, run) in enumerate(results.measured()):
        if number == 0:
            yield Text()
            yield Text("Measured", style="bold")
        what = "; ".join(run.measured)
        yield _wrapped(f"i {rule.id} {_where(server, run.door)}: {what}", "    ", "  ")


def _failures(results: Results, every_failure: bool) -> Iterator[Text]:
    failed = dict(_by_rule(results, "fail"))
    if every_failure or len(failed) <= _TOLD_IN_FULL:
        for rule, cells in failed.items():
            yield from _failure(rule, cells)
        return
    first, *later = stages(failed)
    yield Text()
    yield Text(f"Fix these first: {first.title}", style="bold")
    for rule in first.rules:
        yield from _failure(rule, failed[rule])
    for stage in later:
        yield Text()
        yield Text(f"Then: {stage.title}", style="bold")
        for rule in stage.rules:
            run = failed[rule][0][1].blamed[0]
            yield _wrapped(f"{SYMBOLS['fail']} {rule.id}: {_plain(run.claim)}", "    ", "  ")
    yield Text()
    yield _wrapped("All failures in full: --all. Only these: --rules ID,… with an id or area.", "")


def _failure(rule: Rule, cells: list[tuple[str, Cell]]) -> Iterator[Text]:
    yield Text()
    yield Text(f"{SYMBOLS['fail']} {rule.id}  {rule.level}", style=_STYLES["fail"])
    yield _wrapped(_plain(rule.sentence), "  ", "  ")
    for server, cell in cells:
        for story in _stories_of(server, cell):
            yield Text()
            yield _wrapped(f"{story.where}: {_plain(story.claim)}", "    ", "  ")
            yield _wrapped(shortened(story.message), "    ", "    ")
            if story.history_text:
                yield Text("\n" + story.history_text.rstrip())  # as wide as the terminal


def _not_reached(results: Results) -> Iterator[Text]:
    """Say, in one sentence per server, how many rules wait for which prerequisites."""
    for server, needed, count in not_reached(results):
        yield Text()
        told = f"{count} {'rule waits' if count == 1 else 'rules wait'} for {' and '.join(needed)}"
        yield _wrapped(f"{SYMBOLS['not reached']} {server}: {told}, and can say nothing yet", "  ")


@dataclass(frozen=True)
class _Story:
    """One reason of one cell, and the doors at which it showed."""

    where: str
    claim: str
    message: str
    history_text: str
    history_svg: str


def _stories_of(server: str, cell: Cell) -> list[_Story]:
    """Return what there is to say about a cell; the same failure at two doors is one story."""
    doors: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], Run] = {}
    for run in cell.blamed:
        doors.setdefault((run.test, run.message), []).append(run.door)
        first.setdefault((run.test, run.message), run)
    return [
        _Story(
            _where(server, *doors[test, message]),
            run.claim,
            message,
            run.history_text,
            run.history_svg,
        )
        for (test, message), run in first.items()
    ]


def _reasons(cells: list[tuple[str, Cell]]) -> dict[str, list[str]]:
    """Return the different reasons of a rule's cells, each with its servers."""
    reasons: dict[str, list[str]] = {}
    for server, cell in cells:
        messages = dict.fromkeys(run.message for run in cell.blamed) or [_NO_TEST]
        for message in messages:
            reasons.setdefault(message, []).append(server)
    return reasons


def _by_rule(results: Results, verdict: Any) -> Iterator[tuple[Rule, list[tuple[str, Cell]]]]:
    found: dict[Rule, list[tuple[str, Cell]]] = {}
    for rule, server, cell in results.with_verdict(verdict):
        found.setdefault(rule, []).append((server, cell))
    yield from found.items()


def _with_other(areas: dict[str, list[Rule]], results: Results) -> dict[str, list[Rule]]:
    """Return the areas in which some cell is anything but a pass."""
    return {
        area: rules
        for area, rules in areas.items()
        if any(
            results.cell(server, rule).verdict != "pass"
            for rule in rules
            for server in results.servers
        )
    }


def _where(server: str, *doors: str) -> str:
    named = sorted({door for door in doors if door != "-"})
    return f"{server} ({', '.join(named)})" if named else server


def _wrapped(text: str, indent: str, first: str = "") -> Text:
    """Return text that fits the narrowest terminal; its own line breaks stay."""
    lines = [
        textwrap.fill(
            line,
            _COLUMNS,
            initial_indent=indent if number else first,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
        for number, line in enumerate(text.splitlines())
    ]
    return Text("\n".join(lines))


def shortened(message: str) -> str:
    """Return the first lines of a message, and how many more there are."""
    lines = message.splitlines()
    if len(lines) > _MESSAGE_LINES:
        lines = [*lines[:_MESSAGE_LINES], f"… {len(lines) - _MESSAGE_LINES} more lines"]
    return "\n".join(lines)


def _as_image(svg: str) -> str:
    """Return the address of a picture that contains itself and can run no script."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _plain(text: str) -> str:
    return text.replace("`", "")


def _code(text: str) -> Markup:
    """Return text with its `code` marked up, for a sentence of PROTOCOL.md."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(symbols=SYMBOLS, headings=_HEADINGS, stories_of=_stories_of)
    environment.filters.update(
        code=_code, by_rule=_by_rule, reasons=_reasons, as_image=_as_image, with_other=_with_other
    )
    return environment


def _macros() -> Any:
    return _environment().get_template("matrix.html.j2").module
