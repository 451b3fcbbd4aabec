"""The answer that one task waits for and another task gives."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from implementations.core.errors import RoomFull
from implementations.on_trio.answer import Answer


def test_wait_ends_with_the_result() -> None:
    """A wait lasts until the result is given, and returns it."""

    async def scene() -> tuple[bool, list[str]]:
        answer: Answer[str] = Answer()
        results: list[str] = []

        async def wait() -> None:
            results.append(await answer.wait())

        async with trio.open_nursery() as waiter:
            waiter.start_soon(wait)
            await wait_all_tasks_blocked()
            waited = bool(waiter.child_tasks)
            answer.set_result("here")
        return waited, results

    assert trio.run(scene) == (True, ["here"])


def test_exception_is_raised_where_it_is_waited_for() -> None:
    """An error is raised in the task that waits for the answer, not in the one that gives it."""

    async def scene() -> None:
        answer: Answer[str] = Answer()

        async def wait() -> None:
            with pytest.raises(RoomFull):
                await answer.wait()

        async with trio.open_nursery() as waiter:
            waiter.start_soon(wait)
            await wait_all_tasks_blocked()
            answer.set_exception(RoomFull())

    trio.run(scene)


def test_cancelled_wait_takes_nothing_and_can_be_repeated() -> None:
    """After a cancelled wait the answer can still come, for a task that waits then."""

    async def scene() -> tuple[bool, str]:
        answer: Answer[str] = Answer()
        with trio.CancelScope() as waiting:
            waiting.cancel()
            await answer.wait()
        answer.set_result("kept")
        return waiting.cancelled_caught, await answer.wait()

    assert trio.run(scene) == (True, "kept")


def test_answer_given_before_the_wait_is_kept() -> None:
    """A task that asks late gets its answer, too: a result, even None, or an error."""

    async def scene() -> None:
        result: Answer[None] = Answer()
        error: Answer[None] = Answer()
        result.set_result(None)
        error.set_exception(RoomFull())

        await result.wait()
        with pytest.raises(RoomFull):
            await error.wait()

    trio.run(scene)
