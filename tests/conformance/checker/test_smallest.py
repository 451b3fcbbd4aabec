"""The smallest history shows a violation, and nothing in it can be left out."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from conformance.checker import History, check
from conformance.checker.smallest import smallest, smallest_violation
from tests.conformance.rooms import Room, doubled, reworded, swapped, without
from tests.conformance.talk import RANDOMLY, plain_rooms


def crowd() -> History:
    """Return a history of twenty clients that get some thousand lines."""
    room = Room()
    labels = [f"c{number}" for number in range(1, 21)]
    room.join(*labels)
    for number in range(1, 6):
        for label in labels:
            room.say(label, f"{label}-{number}", ahead=3)
    room.leave("c20")
    room.close(*labels[:19])
    return room.history()


CROWD = crowd()
C1, C2 = "c1:1: c1-3", "c2:1: c2-3"


def lines(history: History) -> dict[str, list[str]]:
    """Return what each session received, without welcomes and without sessions that got nothing."""
    heard = {
        session.label: [line for line in session.received if not line.startswith("* you are ")]
        for session in history.sessions
    }
    return {label: received for label, received in heard.items() if received}


def test_disagreement_is_two_clients_and_two_messages() -> None:
    """A disagreement on the order shrinks to two clients and two messages."""
    small = smallest(swapped(CROWD, "c7", C1, C2), "order.total")

    heard = lines(small)
    assert heard.pop("c7") == [C2, C1]
    assert list(heard.values()) == [[C1, C2]]


def test_loss_is_one_message_between_two() -> None:
    """A loss shrinks to one message between two others, at two clients."""
    small = smallest(without(CROWD, "c7", C1), "delivery.exactly-once")

    heard = lines(small)
    assert len(heard.pop("c7")) == 2
    ((_, lost, _),) = heard.values()
    assert lost == C1


def test_duplicate_is_one_client_and_one_message() -> None:
    """A duplicate shrinks to one client that gets one message twice."""
    small = smallest(doubled(CROWD, "c7", C1), "delivery.exactly-once")

    assert lines(small) == {"c7": [C1, C1]}


def test_speaker_s_order_is_one_client_and_two_messages() -> None:
    """A speaker's lines out of order shrink to one client that gets two of them."""
    small = smallest(swapped(CROWD, "c7", C1, "c1:1: c1-4"), "order.speaker")

    assert lines(small) == {"c7": ["c1:1: c1-4", C1]}


def test_source_of_a_message_stays() -> None:
    """The client that said a delivered message is kept, and so is its saying."""
    small = smallest(reworded(CROWD, "c7", C1, f"{C1}?"), "delivery.unaltered")

    assert {session.label: session.sent for session in small.sessions} == {
        "c1": ["c1-3"],
        "c7": [],
    }


def test_names_stay_with_their_bearers() -> None:
    """A message under a chosen name is not a forgery in the smaller history."""
    room = Room()
    room.join("anna", "ben")
    room.rename("anna", "king")
    for number in (1, 2, 3):
        room.say("anna", f"anna-{number}")
    room.close("anna", "ben")

    small = smallest(without(room.history(), "ben", "king: anna-2"), "delivery.exactly-once")

    assert not check(small).breaking("commands.forge", "delivery.unaltered")


def test_smaller_history_has_no_fault_of_its_own() -> None:
    """What was left out does not look lost, not even a departure."""
    room = Room()
    room.join("anna", "ben", "cleo")
    room.say("cleo", "cleo-1")
    room.say("ben", "ben-1")
    room.leave("cleo")
    room.close("anna", "ben")

    small = smallest(without(room.history(), "anna", "cleo:1: cleo-1"), "delivery.exactly-once")

    assert [found.rule_id for found in check(small).violations] == ["delivery.exactly-once"]


def test_message_that_nobody_got_stays() -> None:
    """A message that nobody got is kept, alone with its speaker."""
    first, *others = CROWD.sessions
    lost = replace(first, sent=["c1-0", *first.sent], sent_after=[2, *first.sent_after])

    small = smallest(History((lost, *others)), "delivery.exactly-once")

    assert [session.sent for session in small.sessions] == [["c1-0"]]
    assert lines(small) == {}


def test_departure_that_was_not_told_needs_only_two() -> None:
    """An untold departure shrinks to the client that left and the client that was not told."""
    small = smallest(without(CROWD, "c7", "* c20:1 left"), "membership.left-once")

    assert len(small.sessions) == 2
    assert lines(small) == {"c7": ["* c20:1 joined"]}


def test_violation_comes_with_its_history() -> None:
    """The smallest violation is the one that its own witness shows."""
    history = swapped(CROWD, "c7", C1, C2)

    violation = smallest_violation(history, "order.total")

    assert violation.witness == smallest(history, "order.total")
    assert violation in check(violation.witness).violations


def test_rule_that_is_kept_has_no_smallest_history() -> None:
    """Asking for a rule that the history keeps is an error."""
    with pytest.raises(ValueError, match=r"does not break order\.total"):
        smallest(CROWD, "order.total")


@settings(RANDOMLY, max_examples=50)
@given(plain_rooms())
def test_smallest_history_is_not_made_smaller(room: Room) -> None:
    """The smallest part of the smallest history is itself."""
    history = doubled(room.history(), "ben", "anna:1: anna-fence")

    small = smallest(history, "delivery.exactly-once")

    assert smallest(small, "delivery.exactly-once") == small
