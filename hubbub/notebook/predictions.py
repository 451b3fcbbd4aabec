"""Predictions: written down before the evidence, set beside it after.

The first answer stays, in the progress file: an answer that changes with the evidence teaches
nothing. Without an answer the notebook goes on, and says that there is none.
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
    """Write down what you expect. ``None`` is no answer; the first one that is given stays."""
    if answer is None or answer == "":
        return Note(
            "Put your answer in the place of None and run this cell again, before you go on.",
            strong=question,
        )
    number = _lesson()
    progress = Progress()
    known = progress.of(number)
    first = known.predictions.setdefault(question, str(answer))
    with contextlib.suppress(OSError):  # a notebook is read on machines that keep nothing
        progress.keep(number, known)
    changed = (
        f" (your first answer stays; now it would be {answer})" if first != str(answer) else ""
    )
    return Note(f"You expect: {first}{changed}.", strong=question)


def reveal(question: str, came: object) -> Note:
    """Set what came beside what was expected."""
    expected = Progress().of(_lesson()).predictions.get(question)
    if expected is None:
        return Note(f"It came out as {came}. You had not said what you expect.", strong=question)
    verdict = "As you said" if _same(expected, came) else f"You expected {expected}"
    return Note(f"{verdict}: it came out as {came}.", strong=question)


def _same(expected: str, came: object) -> bool:
    return " ".join(expected.lower().split()) == " ".join(str(came).lower().split())


def _lesson() -> str:
    """Return the number of the lesson whose folder the notebook runs in."""
    name = Path.cwd().name
    return name[:2] if name[:2].isdigit() else "--"
