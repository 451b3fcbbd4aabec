"""What the judge found, as text for a terminal: the sentence first, then what shows it."""

from __future__ import annotations

import textwrap

from hubbub.learning.judge import Report


__all__ = ["as_text", "further", "what_ran", "wrapped"]

_COLUMNS = 80


def as_text(report: Report, number: str) -> str:
    """Return all that there is to say, the most important first."""
    if report.passed:
        return "\n".join(["Passed.", "", *what_ran(report), *further(report)])
    rows = textwrap.wrap(report.sentence, _COLUMNS)
    if report.text:
        rows += ["", report.text.rstrip()]
    if report.seed is not None:
        rows += ["", f"See it again:  hubbub check {number} --seed {report.seed}"]
    if report.detail.strip():
        rows += ["", report.detail.rstrip()]
    if report.printed:
        rows += ["", "It printed last:", textwrap.indent(report.printed, "  ")]
    rows += ["", *what_ran(report), *further(report)]
    return "\n".join(rows)


def wrapped(markdown: str) -> str:
    """Return paragraphs that fit a terminal; what stands between fences stays as it is."""
    rows: list[str] = []
    for number, part in enumerate(markdown.split("```")):
        if number % 2:
            rows += [*textwrap.indent(part.partition("\n")[2].rstrip(), "    ").split("\n"), ""]
        else:
            for paragraph in filter(None, map(str.strip, part.split("\n\n"))):
                rows += [*textwrap.wrap(paragraph, _COLUMNS), ""]
    return "\n".join(rows)


def what_ran(report: Report) -> list[str]:
    """Return a line for each promise: kept, broken, or not looked at."""
    rows = []
    for place, (rule, claim) in enumerate(report.promises):
        if place < report.kept:
            times = report.seeds[place]
            more = f" ({times} schedules)" if times > 1 else ""
            rows.append(f"  ✓ {rule}: {claim}{more}")
        elif place == report.kept and report.rule:
            rows.append(f"  ✗ {rule}: {claim}")
        else:
            rows.append(f"  - {rule}: not looked at yet")
    return rows


def further(report: Report) -> list[str]:
    """Return lines on what was not judged here, an empty one first; none where that is all."""
    return ["", *report.further.splitlines()] if report.further else []
