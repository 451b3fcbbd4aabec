"""The results in the short forms that a CI shows: a summary in Markdown, and a badge.

JUnit XML is pytest's own (``suite.Request.junit``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.matrix import SYMBOLS, shortened
from conformance.protocol import Rule
from conformance.results import Cell, Results
from conformance.stages import not_reached, stages


__all__ = ["badge", "markdown"]

_LABEL = "hubbub"
_COLOURS = ("brightgreen", "yellow", "red")  # all pass, some unknown, some fail


def markdown(results: Results) -> str:
    """Return a summary in GitHub's Markdown: the totals, what to fix first, and every failure."""
    return "\n".join(_lines(results)) + "\n"


def badge(results: Results) -> str:
    """Return the JSON of a badge, as shields.io reads it from an address (its "endpoint" badge).

    It counts the rules that apply: those that pass or are declared, and how many there are.
    """
    kept = results.total("pass") + results.total("declared")
    idle = results.total("not applicable") + results.total("left out")
    judged = len(results.servers) * len(results.rules) - idle
    colour = _COLOURS[{0: 0, 3: 1}.get(results.exit_code, 2)]
    message = f"{kept} of {judged} rules"
    return json.dumps(
        {"schemaVersion": 1, "label": _LABEL, "message": message, "color": colour}, indent=1
    )


def _lines(results: Results) -> Iterator[str]:
    one = results.servers[0] if len(results.servers) == 1 else f"{len(results.servers)} servers"
    yield f"### Conformance: {one}"
    yield ""
    verdicts = [verdict for verdict in SYMBOLS if results.total(verdict)]
    yield f"| server | {' | '.join(verdicts)} |"
    yield f"|---|{'---|' * len(verdicts)}"
    for server in results.servers:
        counts = (str(results.count(server, verdict)) for verdict in verdicts)
        yield f"| {_plain(server)} | {' | '.join(counts)} |"
    failed: dict[Rule, list[tuple[str, Cell]]] = {}
    for rule, server, cell in results.with_verdict("fail"):
        failed.setdefault(rule, []).append((server, cell))
    for number, stage in enumerate(stages(failed)):
        yield ""
        yield f"**{'Then' if number else 'Fix these first'}: {stage.title}**"
        yield ""
        for rule in stage.rules:
            yield from _failure(rule, failed[rule])
    for server, needed, count in not_reached(results):
        yield ""
        names = " and ".join(f"`{rule}`" for rule in needed)
        rules = "rule waits" if count == 1 else "rules wait"
        yield f"{_plain(server)}: {count} {rules} for {names}, and can say nothing yet."
    yield ""
    about = " · ".join(f"{what} {value}" for what, value in results.about.items())
    yield f"<sub>{_plain(about)}</sub>"


def _failure(rule: Rule, cells: list[tuple[str, Cell]]) -> Iterator[str]:
    yield f"<details><summary><code>{rule.id}</code> {_html(rule.sentence)}</summary>"
    for server, cell in cells:
        said = {(run.door, run.claim, run.message): run for run in cell.blamed}
        for run in said.values():
            door = "" if run.door == "-" else f" ({run.door})"
            yield ""
            yield f"{_plain(server)}{door}: {_plain(run.claim)}"
            yield ""
            yield from (f"    {line}" for line in shortened(run.message).splitlines())
    yield ""
    yield "</details>"
    yield ""


def _html(text: str) -> str:
    """Return a sentence of PROTOCOL.md as HTML: within a summary, Markdown does not count."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    parts = text.split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


def _plain(text: str) -> str:
    """Return text on one line, safe in a table, in which nothing but `code` is markup."""
    parts = " ".join(text.split()).split("`")
    for at in range(0, len(parts), 2):
        for character in "\\*_[]<>|#":
            parts[at] = parts[at].replace(character, "\\" + character)
    return "`".join(parts)
