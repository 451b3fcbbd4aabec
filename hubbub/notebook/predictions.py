"""Predictions: the learner writes one down before the run, and compares it with the result.

The progress file keeps the first answer: an answer that changes with the evidence teaches
nothing. Without an answer the notebook still runs, and says that there is none.
"""

from __future__ import annotations

import contextlib
import html
from pathlib import Path

from hubbub.learning.progress import Progress


__all__ = ["Note", "predict", "reveal"]


class Note:
    """A sentence in a frame."""

    def __init__(self, text: str, *, strong: str = "") -> None:
        self.text, self._strong = text, strong

    def __repr__(self) -> str:
        return " ".join(filter(None, [self._strong, self.text]))

    def _repr_html_(self) -> str:
        strong = f"<b>{html.escape(self._strong)}</b> " if self._strong else ""
        frame = "border-left:4px solid #1f83c9;padding:.4em .8em"
        return f'<div style="{frame}">{strong}{html.escape(self.text)}</div>'


def predict(question: str, answer: object) -> Note:
    """Write down your prediction. ``None`` is no answer; the first real answer is kept."""
    if answer is None or answer == "":
        return Note(
            "Replace None with your answer, and run this cell again before you go on.",
            strong=question,
        )
    number = _lesson()
    progress = Progress()
    known = progress.of(number)
    first = known.predictions.setdefault(question, str(answer))
    with contextlib.suppress(OSError):  # some machines, such as web viewers, cannot store files
        progress.keep(number, known)
    changed = (
        f" (this first answer is kept; the new one is {answer})" if first != str(answer) else ""
    )
    return Note(f"You predict: {first}{changed}.", strong=question)


def reveal(question: str, result: object) -> Note:
    """Show the result beside the learner's prediction."""
    expected = Progress().of(_lesson()).predictions.get(question)
    if expected is None:
        return Note(f"The result: {result}. You made no prediction.", strong=question)
    verdict = (
        "Your prediction was right" if _same(expected, result) else f"You predicted {expected}"
    )
    return Note(f"The result: {result}. {verdict}.", strong=question)


def _same(expected: str, result: object) -> bool:
    return " ".join(expected.lower().split()) == " ".join(str(result).lower().split())


def _lesson() -> str:
    """Return the number of the lesson in whose folder the notebook runs."""
    name = Path.cwd().name
    return name[:2] if name[:2].isdigit() else "--"
