"""Judge a lesson's exercise from its notebook, and show what the judge found."""

from __future__ import annotations

import contextlib
import html

from hubbub.learning.judge import Report, judge
from hubbub.learning.lessons import find_lesson
from hubbub.learning.progress import Progress
from hubbub.learning.telling import as_text, further, what_ran


__all__ = ["Judgement", "check"]

_FRAME = "border-left:4px solid {};padding:.4em .8em"
_PASSED, _FAILED = "#009e73", "#d55e00"


class Judgement:
    """A report that displays itself: the sentence, the drawing, then a line per promise.

    Attributes:
        report: what the judge found.
    """

    def __init__(self, report: Report, number: str) -> None:
        self.report = report
        self._number = number

    def __repr__(self) -> str:
        return as_text(self.report, self._number)

    def _repr_html_(self) -> str:
        report = self.report
        frame = _FRAME.format(_PASSED if report.passed else _FAILED)
        sentence = "Passed." if report.passed else report.sentence
        parts = [f'<div style="{frame}"><b>{html.escape(sentence)}</b></div>', report.svg]
        if report.seed is not None:
            command = f"hubbub check {self._number} --seed {report.seed}"
            parts.append(f"<p>See it again: <code>{command}</code></p>")
        if report.detail.strip():
            parts.append(f"<pre>{html.escape(report.detail)}</pre>")
        parts.append(
            f"<pre>{html.escape(chr(10).join([*what_ran(report), *further(report)]))}</pre>"
        )
        return "".join(filter(None, parts))


def check(number: str, *, seed: int | None = None) -> Judgement:
    """Judge the exercise of a lesson, as ``hubbub check`` does, and remember a pass."""
    lesson = find_lesson(number)
    report = judge(lesson, seed=seed)
    if report.passed and seed is None:
        with contextlib.suppress(OSError):  # some machines, such as web viewers, cannot store files
            Progress().passed(lesson.number)
    return Judgement(report, lesson.number)
