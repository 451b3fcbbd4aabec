"""The flood rule."""

from __future__ import annotations

import asyncio

from implementations.on_asyncio.pace import Pace
from tests.implementations.on_asyncio.settle import must_wait, settle


def test_nobody_holds_admits_at_once() -> None:
    """A talker is admitted at once while nobody holds the talkers back."""

    async def scene() -> bool:
        return must_wait(Pace())

    assert not asyncio.run(scene())


def test_talkers_wait_for_the_last_holder() -> None:
    """Talkers go on when the last hold ends."""

    async def scene() -> None:
        pace = Pace()
        pace.hold("anna")
        pace.hold("ben")
        talker = asyncio.create_task(pace.admitted())

        pace.release("anna")
        await settle()
        waited = not talker.done()
        pace.release("ben")
        await settle()

        assert waited
        assert talker.done()

    asyncio.run(scene())


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
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk("anna"))
            tasks.create_task(talk("ben"))
            await settle()
            pace.release("an outbox")
            await settle()
            first = list(admitted)
            pace.release("an outbox")

        assert first == ["anna"]
        assert admitted == ["anna", "ben"]

    asyncio.run(scene())


def test_talker_that_finds_the_room_held_again_keeps_its_place() -> None:
    """A client that talks on and on waits behind the client that it kept waiting."""

    async def scene() -> list[str]:
        pace = Pace()
        admitted: list[str] = []

        async def talk(name: str, lines: int) -> None:
            for _ in range(lines):
                await pace.admitted()
                admitted.append(name)
                pace.hold("an outbox")

        pace.hold("an outbox")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk("flood", 3))
            await settle()
            tasks.create_task(talk("anna", 1))
            for _ in range(4):
                await settle()
                pace.release("an outbox")
        return admitted

    assert asyncio.run(scene()) == ["flood", "anna", "flood", "flood"]


def test_turn_is_a_moment_when_nobody_holds_and_the_lock_is_ours() -> None:
    """A talker that was admitted, and then had to wait for the lock, checks again with the lock."""

    async def scene() -> tuple[bool, bool]:
        pace, lock = Pace(), asyncio.Lock()
        async with lock:
            talker = asyncio.create_task(_in_turn(pace, lock))
            await settle()
            pace.hold("an outbox")  # as the holder of the lock does
        await settle()
        waited = not talker.done()
        pace.release("an outbox")
        return waited, await talker

    assert asyncio.run(scene()) == (True, True)


async def _in_turn(pace: Pace, lock: asyncio.Lock) -> bool:
    """Return whether this task had the lock in its turn."""
    async with pace.turn(lock):
        return lock.locked()


def test_waiting_talkers_are_counted() -> None:
    """The talkers that wait count, those in front too, and nobody does after the release."""

    async def scene() -> None:
        pace = Pace()
        pace.hold("anna")
        talkers = [asyncio.create_task(pace.admitted(first=first)) for first in (False, True)]
        await settle()
        held = pace.waiting
        talkers[0].cancel()
        await settle()
        left = pace.waiting
        pace.release("anna")
        await settle()

        assert (held, left, pace.waiting) == (2, 1, 0)

    asyncio.run(scene())
