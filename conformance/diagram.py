"""Draws a small history for a person: as text for a terminal, as SVG for a page.

Both draw everything in the history that they are given, so give them the history of
``smallest_violation``, and that violation. What is wrong stands out by more than its colour; what
only explains it stays in the background.
"""

import textwrap

from conformance.checker import History, Violation
from conformance.checker.picture import picture
from conformance.checker.steps import Step, steps


__all__ = ["as_svg", "as_text"]

_COLUMNS = 80
_NUMBER_COLUMNS = 6
_LANES_ABREAST = 4  # at most, where not all lanes fit with their whole words
_NARROWEST_LANE = 12
_WRONG, _MISSING = "●", "✗"
_VERBS = {"joins": "joins", "says": "says", "gets": "gets", "misses": "no", "leaves": "leaves"}


def as_text(history: History, violation: Violation) -> str:
    """Return a drawing of at most 80 columns: one lane per client, one row per step.

    Steps in one row may have happened at the same time. If not all lanes fit beside each other, the
    other lanes follow below, with the same step numbers. Words that are too long for a lane are
    replaced by a number, which is explained at the end.
    """
    found = steps(history, violation)
    labels = [session.label for session in history.sessions]
    rows = textwrap.wrap(f"{violation.rule_id}: {violation.sentence}", _COLUMNS)
    width = _lane_columns(labels, found)
    notes = _notes(found, width)
    cells = {(step.number, step.lane): _cell(step, notes) for step in found}
    abreast = (_COLUMNS - _NUMBER_COLUMNS) // width
    for start in range(0, len(labels), abreast):
        lanes = range(start, min(len(labels), start + abreast))
        rows += ["", _row("step", [f"  {labels[lane]}" for lane in lanes], width)]
        for number in sorted({step.number for step in found if step.lane in lanes}):
            row = [cells.get((number, lane), "") for lane in lanes]
            rows.append(_row(f"{number:4}", row, width))
    rows.append("")
    for words, note in notes.items():
        rows += textwrap.wrap(f"{note} {words}", _COLUMNS, subsequent_indent="   ")
    rows.append(_legend(found))
    return "\n".join(row.rstrip() for row in rows) + "\n"


def as_svg(history: History, violation: Violation) -> str:
    """Return a drawing as an SVG document: first the room's lane, then one lane per client.

    It can stand alone or inside a page. It takes its colours from the page's ``--ink`` and
    ``--bad`` where these are set, and else has its own for light and dark.
    """
    labels = [session.label for session in history.sessions]
    return picture(violation.rule_id, violation.sentence, labels, steps(history, violation))


def _lane_columns(labels: list[str], found: list[Step]) -> int:
    """Return the width of a lane: as much as its words need, if all lanes fit then."""
    room = _COLUMNS - _NUMBER_COLUMNS
    words = [*labels, *(_cell(step, {}) for step in found)]
    need = max(map(len, words), default=0) + 3
    if need * len(labels) <= room:
        return max(need, _NARROWEST_LANE)
    return room // min(len(labels), _LANES_ABREAST)


def _row(first: str, cells: list[str], width: int) -> str:
    lanes = (cell[: width - 1].ljust(width) for cell in cells)
    return first.ljust(_NUMBER_COLUMNS) + "".join(lanes)


def _cell(step: Step, notes: dict[str, str]) -> str:
    mark = _MISSING if step.act == "misses" else _WRONG if step.blamed else " "
    return f"{mark} {_VERBS[step.act]} {notes.get(step.words, step.words)}"


def _notes(found: list[Step], width: int) -> dict[str, str]:
    """Return a number for all words that are too long for a lane."""
    long = dict.fromkeys(step.words for step in found if len(_cell(step, {})) >= width)
    return {words: f"[{number}]" for number, words in enumerate(long, 1)}


def _legend(found: list[Step]) -> str:
    means = []
    if any(step.blamed and step.act != "misses" for step in found):
        means.append(f"{_WRONG} look here")
    if any(step.act == "misses" for step in found):
        means.append(f"{_MISSING} should have come here")
    return "   ".join(means)
