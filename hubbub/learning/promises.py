"""What a lesson's ``check.py`` is made of: promises, each kept or broken.

    @promise("order.total", "All hear everything in one order.", seeds=200)
    def one_order(exercise, seed):
        ...
        raise Broken("Two talkers were inside at once, for no lock was held.")

They are put to the test in the order of the file, each with every seed, until one is broken.
Those behind it are not looked at: what breaks there often breaks for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from conformance.checker import Violation


__all__ = ["Broken", "Promise", "promise", "promises_of"]


class Broken(Exception):
    """A promise is broken.

    Args:
        sentence: why, for a person: the cause and not only the effect.
        detail: more lines, for a reader who wants them.
        violation: the history that shows it.
    """

    def __init__(
        self, sentence: str, *, detail: str = "", violation: Violation | None = None
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail
        self.violation = violation


@dataclass(frozen=True)
class Promise:
    """One thing that an exercise must do.

    Attributes:
        rule: an id of PROTOCOL.md, or ``lesson.`` and a word.
        claim: what is promised, in one sentence.
        seeds: how many it is put to the test with; 1 where nothing depends on turns.
        test: is given the exercise's module and a seed; raises `Broken`.
    """

    rule: str
    claim: str
    seeds: int
    test: Callable[[Any, int], None]


def promise(
    rule: str, claim: str, *, seeds: int = 1
) -> Callable[[Callable[[Any, int], None]], Callable[[Any, int], None]]:
    """Make a function of a check file the test of a promise."""

    def mark(test: Callable[[Any, int], None]) -> Callable[[Any, int], None]:
        vars(test)["promise"] = Promise(rule, claim, seeds, test)
        return test

    return mark


def promises_of(check: ModuleType) -> list[Promise]:
    """Return the promises of a check file, in its order."""
    marked = (getattr(value, "promise", None) for value in vars(check).values())
    return [found for found in marked if isinstance(found, Promise)]
