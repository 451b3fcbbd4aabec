"""What a history shows, in a notebook: the sentence, and the smallest history drawn."""

from __future__ import annotations

from conformance.checker import TALK, Coverage, History, check
from conformance.checker.smallest import smallest_violation
from conformance.diagram import as_svg, as_text
from hubbub.notebook.pictures import Picture


__all__ = ["Finding", "see"]


class Finding(Picture):
    """What came of looking at a history. Displays itself.

    Attributes:
        outcome: ``pass``, ``fail`` or ``unknown``.
        rules: the ids of the broken ones.
        sentence: for a person.
    """

    def __init__(
        self, outcome: str, rules: tuple[str, ...], sentence: str, svg: str, text: str
    ) -> None:
        super().__init__(svg, text)
        self.outcome, self.rules, self.sentence = outcome, rules, sentence


def see(history: History, *, needs: Coverage = TALK) -> Finding:
    """Judge a history, and draw the first thing that is wrong with it.

    ``unknown`` means that nothing is wrong, and that too little happened to trust that.
    """
    verdict = check(history, needs)
    rules = tuple(dict.fromkeys(violation.rule_id for violation in verdict.violations))
    if not rules:
        what = f"{verdict.coverage.messages} messages, {verdict.coverage.deliveries} deliveries"
        if verdict.outcome == "unknown":
            sentence = f"Nothing is wrong, but too little happened: {'; '.join(verdict.lacks)}."
        else:
            sentence = f"Every promise that was looked at is kept ({what})."
        return Finding(verdict.outcome, (), sentence, "", sentence)
    shown = smallest_violation(history, rules[0])
    return Finding(
        "fail",
        rules,
        shown.sentence,
        as_svg(shown.witness, shown),
        as_text(shown.witness, shown),
    )
