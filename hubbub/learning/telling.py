"""What the judge found, as text for a terminal: the sentence first, then what shows it."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable

from hubbub.learning.judge import Report


__all__ = ["Look", "as_text", "further", "look_of_terminal", "what_ran", "wrapped"]

_COLUMNS = 80
_FEWEST_COLUMNS = 30
_GREEN, _RED, _BOLD = "32", "31", "1"
# Spelled otherwise where a terminal cannot show them.
_PLAIN = {"✓": "+", "✗": "x", "·": ".", "…": "...", "→": "->"}


class Look:
    """How text looks on a terminal: how wide, in which colours, with which characters.

    Args:
        columns: that it may take.
        colour: it may be coloured.
        encoding: of the terminal.
    """

    def __init__(
        self, columns: int = _COLUMNS, *, colour: bool = False, encoding: str = "utf-8"
    ) -> None:
        self.columns = columns
        self.colour = colour
        self._encoding = encoding

    def painted(self, text: str, code: str) -> str:
        """Return the text in a colour, where there may be one."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def wrapped(self, text: str, first: str = "", rest: str | None = None) -> list[str]:
        """Return rows no wider than the terminal; a command that is longer stays whole."""
        return textwrap.wrap(
            text,
            self.columns,
            initial_indent=first,
            subsequent_indent=" " * len(first) if rest is None else rest,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def spelled(self, text: str) -> str:
        """Return the text in characters that the terminal can show."""
        try:
            text.encode(self._encoding)
        except (UnicodeEncodeError, LookupError):
            for mark, plain in _PLAIN.items():
                text = text.replace(mark, plain)
            text = text.encode("ascii", "backslashreplace").decode()
        return text


def look_of_terminal() -> Look:
    """Return the look of standard output; there is no colour in a pipe, nor with NO_COLOR."""
    out = sys.stdout
    is_terminal = out is not None and out.isatty()
    columns = shutil.get_terminal_size((_COLUMNS, 24)).columns
    if not is_terminal and "COLUMNS" not in os.environ:
        columns = _COLUMNS
    return Look(
        max(_FEWEST_COLUMNS, min(columns, _COLUMNS)),
        colour=is_terminal
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") not in (None, "", "dumb"),
        encoding=getattr(out, "encoding", None) or "ascii",
    )


def as_text(report: Report, number: str, look: Look | None = None) -> str:
    """Return all that there is to say, the most important first."""
    look = look or Look()
    if report.passed:
        rows = [look.painted("Passed.", f"{_BOLD};{_GREEN}"), ""]
        return look.spelled("\n".join([*rows, *what_ran(report, look), *further(report)]))
    rows = [look.painted(row, _BOLD) for row in look.wrapped(report.sentence)]
    if report.text:
        rows += ["", report.text.rstrip()]
    if report.seed is not None:
        rows += ["", f"See it again:  hubbub check {number} --seed {report.seed}"]
    if report.detail.strip():
        rows += ["", report.detail.rstrip()]
    if report.printed:
        rows += ["", "It printed last:", textwrap.indent(report.printed, "  ")]
    rows += ["", *what_ran(report, look), *further(report)]
    return look.spelled("\n".join(rows))


def wrapped(markdown: str, look: Look | None = None) -> str:
    """Return paragraphs that fit a terminal; what stands between fences stays as it is."""
    look = look or Look()
    rows: list[str] = []
    for number, part in enumerate(markdown.split("```")):
        if number % 2:
            rows += [*textwrap.indent(part.partition("\n")[2].rstrip(), "    ").split("\n"), ""]
        else:
            for paragraph in filter(None, map(str.strip, part.split("\n\n"))):
                rows += [*look.wrapped(paragraph), ""]
    return "\n".join(rows)


def what_ran(report: Report, look: Look | None = None) -> list[str]:
    """Return a row or two for each promise: kept, broken, or not looked at."""
    look = look or Look()
    rows = []
    for place, (rule, claim) in enumerate(report.promises):
        if place < report.kept:
            times = report.seeds[place]
            more = f" ({times} schedules)" if times > 1 else ""
            rows += _marked(look, "✓", f"{rule}: {claim}{more}", _GREEN)
        elif place == report.kept and report.rule:
            rows += _marked(look, "✗", f"{rule}: {claim}", _RED)
        else:
            rows += _marked(look, "-", f"{rule}: not looked at yet", "")
    return rows


def _marked(look: Look, mark: str, text: str, code: str) -> list[str]:
    paint: Callable[[str], str] = lambda row: look.painted(row, code) if code else row  # noqa: E731
    return [paint(row) for row in look.wrapped(text, f"  {mark} ")]


def further(report: Report) -> list[str]:
    """Return lines on what was not judged here, an empty one first; none where that is all."""
    return ["", *report.further.splitlines()] if report.further else []
