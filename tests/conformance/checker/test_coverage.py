"""What a history exercised is measured, and too little of it is unknown."""

from conformance.checker import Coverage, History, check
from tests.conformance.rooms import Room


ANYTHING = Coverage()


def test_overlapping_talk_is_a_pass() -> None:
    """A history with two speakers that overlap exercises enough to pass."""
    room = Room()
    room.join("anna", "ben")
    room.say("anna", "anna-1", ahead=1)
    room.say("ben", "ben-1", ahead=1)

    verdict = check(room.history())

    assert verdict.outcome == "pass"
    assert verdict.coverage == Coverage(receivers=2, messages=2, deliveries=4, overlaps=1)


def test_talk_in_turns_is_unknown() -> None:
    """If no two clients spoke at the same time, nothing is proved."""
    room = Room()
    room.join("anna", "ben")
    room.close("anna", "ben")

    verdict = check(room.history())

    assert verdict.outcome == "unknown"
    assert verdict.lacks == ("0 overlaps where at least 1 are needed",)


def test_empty_history_is_unknown() -> None:
    """An empty history is never a pass."""
    verdict = check(History(()))

    assert verdict.outcome == "unknown"
    assert len(verdict.lacks) == 3


def test_churn_amid_talk_is_counted() -> None:
    """Joins and departures count if there is talk before and after them."""
    room = Room()
    room.join("anna", "ben")
    room.say("anna", "anna-1")
    room.join("cleo")
    room.leave("cleo")
    room.say("anna", "anna-2")
    room.leave("ben")

    coverage = check(room.history(), ANYTHING).coverage

    assert (coverage.joins, coverage.departures) == (1, 1)
