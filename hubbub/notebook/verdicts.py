"""Check a history in a notebook: say what is wrong, and draw the smallest history that shows it."""

from __future__ import annotations

from conformance.checker import TALK, Coverage, History, check
from conformance.checker.smallest import smallest_violation
from conformance.diagram import as_svg, as_text
from hubbub.notebook.pictures import Picture


__all__ = ["Finding", "see"]


class Finding(Picture):
    """What the checker found in a history. Displays itself.

    Attributes:
        outcome: ``pass``, ``fail`` or ``unknown``.
        rules: the ids of the broken rules.
        sentence: the verdict in words.
    """

    def __init__(
        self, outcome: str, rules: tuple[str, ...], sentence: str, svg: str, text: str
    ) -> None:
        super().__init__(svg, text)
        self.outcome, self.rules, self.sentence = outcome, rules, sentence


def see(history: History, *, needs: Coverage = TALK) -> Finding:
    """Check a history, and draw the first fault in it.

    ``unknown`` means: the checker found no fault, but too little happened to trust that.
    """
    verdict = check(history, needs)
    rules = tuple(dict.fromkeys(violation.rule_id for violation in verdict.violations))
    if not rules:
        what = f"{verdict.coverage.messages} messages, {verdict.coverage.deliveries} deliveries"
        if verdict.outcome == "unknown":
            sentence = f"No fault found, but too little happened: {'; '.join(verdict.lacks)}."
        else:
            sentence = f"Every checked promise is kept ({what})."
        return Finding(verdict.outcome, (), sentence, "", sentence)
    shown = smallest_violation(history, rules[0])
    return Finding(
        "fail",
        rules,
        shown.sentence,
        as_svg(shown.witness, shown),
        as_text(shown.witness, shown),
    )
