"""The flood rule."""

from __future__ import annotations

from functools import partial

import trio
from trio.testing import assert_no_checkpoints, wait_all_tasks_blocked

from implementations.on_trio.pace import Pace
from tests.implementations.on_trio.settle import must_wait


def test_nobody_holds_admits_at_once() -> None:
    """A talker is admitted at once while nobody holds the talkers back."""

    async def scene() -> bool:
        pace = Pace()
        with assert_no_checkpoints():
            await pace.admitted()
        return await must_wait(pace)

    assert not trio.run(scene)


def test_talkers_wait_for_the_last_holder() -> None:
    """Talkers go on when the last hold ends."""

    async def scene() -> None:
        pace = Pace()
        pace.hold("anna")
        pace.hold("ben")
        async with trio.open_nursery() as talkers:
            talkers.start_soon(pace.admitted)

            pace.release("anna")
            await wait_all_tasks_blocked()
            waited = bool(talkers.child_tasks)
            pace.release("ben")
            await wait_all_tasks_blocked()

            assert waited
            assert not talkers.child_tasks

    trio.run(scene)


def test_woken_talker_waits_again_when_another_filled_an_outbox() -> None:
    """Of two talkers that wait, the second still waits if the first fills an outbox again."""

    async def scene() -> None:
        pace = Pace()
        admitted: list[str] = []

        async def talk(name: str) -> None:
            await pace.admitted()
            admitted.append(name)
            pace.hold("an outbox")

        pace.hold("an outbox")
        async with trio.open_nursery() as talkers:
            for name in ("anna", "ben"):
                talkers.start_soon(talk, name)
                await wait_all_tasks_blocked()  # or trio might start them in the other order
            pace.release("an outbox")
            await wait_all_tasks_blocked()
            first = list(admitted)
            pace.release("an outbox")

        assert first == ["anna"]
        assert admitted == ["anna", "ben"]

    trio.run(scene)


def test_talker_that_finds_the_room_held_again_keeps_its_place() -> None:
    """A client that talks on and on waits behind the client that it kept waiting."""

    async def scene() -> None:
        pace = Pace()
        admitted: list[str] = []

        async def talk(name: str, lines: int) -> None:
            for _ in range(lines):
                await pace.admitted()
                admitted.append(name)
                pace.hold("an outbox")

        pace.hold("an outbox")
        async with trio.open_nursery() as talkers:
            talkers.start_soon(talk, "flood", 3)
            await wait_all_tasks_blocked()
            talkers.start_soon(talk, "anna", 1)
            for _ in range(4):
                await wait_all_tasks_blocked()
                pace.release("an outbox")

        assert admitted == ["flood", "anna", "flood", "flood"]

    trio.run(scene)


def test_turn_is_a_moment_when_nobody_holds_and_the_lock_is_ours() -> None:
    """A talker that was admitted, and then had to wait for the lock, checks again with the lock."""

    async def scene() -> tuple[bool, list[bool]]:
        pace, lock, ours = Pace(), trio.Lock(), list[bool]()
        async with trio.open_nursery() as talkers:
            async with lock:
                talkers.start_soon(_in_turn, pace, lock, ours)
                await wait_all_tasks_blocked()
                pace.hold("an outbox")  # as the holder of the lock does
            await wait_all_tasks_blocked()
            waited = bool(talkers.child_tasks)
            pace.release("an outbox")
        return waited, ours

    assert trio.run(scene) == (True, [True])


async def _in_turn(pace: Pace, lock: trio.Lock, ours: list[bool]) -> None:
    """Record whether this thread had the lock in its turn."""
    async with pace.turn(lock):
        ours.append(lock.statistics().owner is trio.lowlevel.current_task())


def test_waiting_talkers_are_counted() -> None:
    """The talkers that wait count, those in front too, and nobody does after the release."""

    async def scene() -> None:
        pace = Pace()
        pace.hold("anna")
        async with trio.open_nursery() as talkers:
            talkers.start_soon(pace.admitted)
            talkers.start_soon(partial(pace.admitted, first=True))
            await wait_all_tasks_blocked()
            held = pace.waiting
            pace.release("anna")

        assert (held, pace.waiting) == (2, 0)

    trio.run(scene)
