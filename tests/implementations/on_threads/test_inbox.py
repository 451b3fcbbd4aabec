"""The inbox: commands, questions and their answers, and the places that they take."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from implementations.core.errors import RoomFull
from implementations.on_threads.inbox import Inbox
from implementations.on_threads.pace import Pace
from tests.implementations.on_threads.parked import joined, must_wait, parked


PLACES = 3

Room = list[str]  # a room that keeps what its commands say


def saying(text: str) -> Callable[[Room], None]:
    """Return a command that says ``text``."""
    return lambda room: room.append(text)


def refusing(room: Room) -> None:
    """Refuse, as a room that is full does."""
    raise RoomFull


def test_commands_come_out_in_order() -> None:
    """The owner takes commands in the order in which they were put in."""
    inbox, room = Inbox[Room](PLACES, Pace()), Room()

    inbox.put_in_turn(saying("one"))
    inbox.put(saying("two"))
    inbox.take()(room)
    inbox.take()(room)

    assert room == ["one", "two"]


def test_owner_takes_what_is_there() -> None:
    """Without a wait the owner gets the commands that are there, at most as many as it wants."""
    inbox = Inbox[Room](PLACES, Pace())

    for _ in range(3):
        inbox.put(saying("hello"))

    assert [len(inbox.take_waiting(most)) for most in (2, 2, 2)] == [2, 1, 0]


def test_answer_comes_when_the_command_is_carried_out() -> None:
    """An asker gets the result when the owner reports its question as carried out."""
    inbox, room = Inbox[Room](PLACES, Pace()), Room(["one"])

    with joined(lambda: inbox.ask(len)) as [asker]:
        inbox.take()(room)
        waited = parked(asker)
        inbox.carried_out(1)

    assert waited
    assert asker.result() == 1


@pytest.mark.parametrize("in_turn", [False, True])
def test_refusal_is_the_askers_error_alone(in_turn: bool) -> None:
    """A refusal is raised where the question was asked, and not in the owner."""
    inbox = Inbox[Room](PLACES, Pace())
    ask = inbox.ask_in_turn if in_turn else inbox.ask

    def asks() -> None:
        with pytest.raises(RoomFull):
            ask(refusing)

    with joined(asks):
        inbox.take()([])
        inbox.carried_out(1)


def test_full_inbox_holds_the_talkers_back() -> None:
    """Talkers wait when the last place is taken, until a command has been carried out."""
    pace = Pace()
    inbox = Inbox[Room](PLACES, pace)
    waits = []

    for _ in range(PLACES):
        waits.append(must_wait(pace))
        inbox.put(saying("hello"))
    waits.append(must_wait(pace))
    inbox.take()
    waits.append(must_wait(pace))
    inbox.carried_out(1)
    waits.append(must_wait(pace))

    assert waits == [False, False, False, True, True, False]


def test_message_underway_keeps_its_place() -> None:
    """A command that was carried out keeps its place until everyone has its message."""
    pace = Pace()
    inbox = Inbox[Room](PLACES, pace)
    waits = []

    for _ in range(PLACES):
        inbox.put(saying("hello"))
    for underway in (PLACES, PLACES - 1):
        inbox.carried_out(len(inbox.take_waiting(PLACES)), underway)
        waits.append(must_wait(pace))

    assert waits == [True, False]


def test_departure_passes_by_the_talkers() -> None:
    """A command without a turn does not wait while the talkers are held back."""
    pace = Pace()
    inbox, room = Inbox[Room](PLACES, pace), Room()
    pace.hold("somebody who reads too slowly")

    with joined(lambda: inbox.put_in_turn(saying("hello"))) as [talker]:
        waited = parked(talker)
        with joined(lambda: inbox.ask(saying("leaves"))):
            inbox.take()(room)
            inbox.carried_out(1)
        pace.release("somebody who reads too slowly")

    assert waited
    assert room == ["leaves"]
