"""The inbox: commands, questions and their answers, and the places that they take."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from implementations.core.errors import RoomFull
from implementations.on_trio.inbox import Inbox
from implementations.on_trio.pace import Pace
from tests.implementations.on_trio.settle import must_wait


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

    async def scene() -> Room:
        inbox, room = Inbox[Room](PLACES, Pace()), Room()
        await inbox.put_in_turn(saying("one"))
        inbox.put(saying("two"))
        (await inbox.take())(room)
        (await inbox.take())(room)
        return room

    assert trio.run(scene) == ["one", "two"]


def test_owner_takes_what_is_there() -> None:
    """Without a wait the owner gets the commands that are there, at most as many as it wants."""

    async def scene() -> list[int]:
        inbox = Inbox[Room](PLACES, Pace())
        for _ in range(3):
            inbox.put(saying("hello"))
        return [len(inbox.take_waiting(most)) for most in (2, 2, 2)]

    assert trio.run(scene) == [2, 1, 0]


def test_answer_comes_when_the_command_is_carried_out() -> None:
    """An asker gets the result when the owner reports its question as carried out."""

    async def scene() -> tuple[list[int], list[int]]:
        inbox, room = Inbox[Room](PLACES, Pace()), Room(["one"])
        answers: list[int] = []

        async def asks() -> None:
            answers.append(await inbox.ask(len))

        async with trio.open_nursery() as askers:
            askers.start_soon(asks)
            (await inbox.take())(room)
            await wait_all_tasks_blocked()
            early = list(answers)
            inbox.carried_out(1)
        return early, answers

    assert trio.run(scene) == ([], [1])


@pytest.mark.parametrize("in_turn", [False, True])
def test_refusal_is_the_askers_error_alone(in_turn: bool) -> None:
    """A refusal is raised where the question was asked, and not in the owner."""

    async def scene() -> None:
        inbox = Inbox[Room](PLACES, Pace())
        ask = inbox.ask_in_turn if in_turn else inbox.ask

        async def asks() -> None:
            with pytest.raises(RoomFull):
                await ask(refusing)

        async with trio.open_nursery() as askers:
            askers.start_soon(asks)
            (await inbox.take())([])
            inbox.carried_out(1)

    trio.run(scene)


def test_cancelled_asker_leaves_the_owner_alive() -> None:
    """An asker that gives up while its question is carried out does not end the owner."""

    async def scene() -> int:
        inbox, room = Inbox[Room](PLACES, Pace()), Room()
        async with trio.open_nursery() as askers:
            askers.start_soon(inbox.ask, saying("one"))
            (await inbox.take())(room)
            askers.cancel_scope.cancel()
        inbox.carried_out(1)
        return len(room)

    assert trio.run(scene) == 1


def test_full_inbox_holds_the_talkers_back() -> None:
    """Talkers wait when the last place is taken, until a command has been carried out."""

    async def scene() -> list[bool]:
        pace = Pace()
        inbox = Inbox[Room](PLACES, pace)
        waits = []
        for _ in range(PLACES):
            waits.append(await must_wait(pace))
            inbox.put(saying("hello"))
        waits.append(await must_wait(pace))
        await inbox.take()
        waits.append(await must_wait(pace))
        inbox.carried_out(1)
        waits.append(await must_wait(pace))
        return waits

    assert trio.run(scene) == [False, False, False, True, True, False]


def test_message_underway_keeps_its_place() -> None:
    """A command that was carried out keeps its place until everyone has its message."""

    async def scene() -> list[bool]:
        pace = Pace()
        inbox = Inbox[Room](PLACES, pace)
        waits = []
        for _ in range(PLACES):
            inbox.put(saying("hello"))
        for underway in (PLACES, PLACES - 1):
            inbox.carried_out(len(inbox.take_waiting(PLACES)), underway)
            waits.append(await must_wait(pace))
        return waits

    assert trio.run(scene) == [True, False]


def test_departure_passes_by_the_talkers() -> None:
    """A command without a turn does not wait while the talkers are held back."""

    async def scene() -> Room:
        pace = Pace()
        inbox, room = Inbox[Room](PLACES, pace), Room()
        pace.hold("somebody who reads too slowly")
        async with trio.open_nursery() as talkers:
            talkers.start_soon(inbox.put_in_turn, saying("hello"))
            await wait_all_tasks_blocked()
            async with trio.open_nursery() as askers:
                askers.start_soon(inbox.ask, saying("leaves"))
                (await inbox.take())(room)
                inbox.carried_out(1)
            talkers.cancel_scope.cancel()
        return room

    assert trio.run(scene) == ["leaves"]
