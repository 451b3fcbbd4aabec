"""Finds the smallest history that shows a violation, for a person to look at.

It starts from the witness that the check gives, a few lines of many thousands, and leaves out
whatever can be left out. The same history gives the same result.
"""

from collections.abc import Callable

from conformance.checker import History, Violation, check
from conformance.checker.names import Speech, first_name
from conformance.checker.projection import Projector


__all__ = ["smallest", "smallest_violation"]

_Item = int | str | tuple[int, int]  # a session, a line, or one of a session's messages


def smallest(history: History, rule_id: str) -> History:
    """Return the smallest part of a history that still breaks a rule.

    Nothing in it can be left out: no session, no line, no message that nobody got.

    Raises:
        ValueError: the history does not break that rule.
    """
    return smallest_violation(history, rule_id).witness


def smallest_violation(history: History, rule_id: str) -> Violation:
    """Return the violation that the smallest history shows, with that history as witness.

    Raises:
        ValueError: the history does not break that rule.
    """
    found = check(history).breaking(rule_id)
    if not found:
        raise ValueError(f"the history does not break {rule_id}")
    start = min((violation.witness for violation in found), key=_size)
    if not check(start).breaking(rule_id):
        start = history  # slower, but just as good
    part = _Part(start)
    items = _shrink(part.items(), lambda items: bool(check(part.of(items)).breaking(rule_id)))
    return check(part.of(items)).breaking(rule_id)[0]


class _Part:
    """A history as items that can be left out one by one."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._projector = Projector(history)

    def items(self) -> list[_Item]:
        """Return the sessions, the lines received, and the messages that nobody got."""
        sessions = self._history.sessions
        lines = dict.fromkeys(
            line
            for session in sessions
            for line in session.received
            if line != f"* you are {first_name(session)}"
        )
        # A message that a client got is left out with its lines: without them it would look lost.
        messages = {m for same in Speech(self._history).by_text.values() for m in same}
        return [
            *range(len(sessions)),
            *lines,
            *sorted(messages - self._projector.delivered(lines)),
        ]

    def of(self, items: list[_Item]) -> History:
        """Return the history that is left of some of its items."""
        return self._projector.project(
            {item for item in items if isinstance(item, int)},
            {item for item in items if isinstance(item, str)},
            [item for item in items if isinstance(item, tuple)],
        )


def _shrink(items: list[_Item], holds: Callable[[list[_Item]], bool]) -> list[_Item]:
    """Return the items that remain when no more can be left out; tries many at a time first."""
    many = max(1, len(items) // 2)
    while True:
        before = len(items)
        start = 0
        while start < len(items):
            rest = items[:start] + items[start + many :]
            if holds(rest):
                items = rest
            else:
                start += many
        if many == 1 and len(items) == before:
            return items
        many = max(1, many // 2)


def _size(history: History) -> tuple[int, int]:
    """Return the number of sessions and of lines."""
    return len(history.sessions), sum(len(session.received) for session in history.sessions)
