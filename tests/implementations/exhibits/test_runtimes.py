"""Why some mistakes are no exhibits in some runtimes: there they do not show."""

from __future__ import annotations

import asyncio

import trio


def test_asyncio_runs_tasks_in_the_order_they_were_made() -> None:
    """A task a message keeps a speaker's order, as long as no task waits before it speaks.

    Nobody promised it; that the same server is wrong in trio is why it is wrong.
    """
    said: list[int] = []

    async def say(number: int) -> None:
        async with lock:
            said.append(number)

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(100):
                tasks.create_task(say(number))

    lock = asyncio.Lock()
    asyncio.run(scene())

    assert said == list(range(100))


def test_trio_runs_tasks_in_no_order() -> None:
    """A task a message loses a speaker's order: trio shuffles those that are ready."""

    async def scene() -> list[int]:
        said: list[int] = []

        async def say(number: int) -> None:
            said.append(number)

        async with trio.open_nursery() as tasks:
            for number in range(100):
                tasks.start_soon(say, number)
        return said

    orders = [trio.run(scene) for _ in range(20)]  # each is in order one time in two, at most

    assert any(order != list(range(100)) for order in orders)


def test_trio_cancels_again_who_does_not_listen() -> None:
    """A pump that swallows its cancellation is cancelled at its next wait, and the next."""
    swallowed = 0

    async def scene() -> None:
        nonlocal swallowed
        with trio.CancelScope() as scope:
            scope.cancel()
            for _ in range(3):
                try:
                    await trio.sleep_forever()
                except trio.Cancelled:
                    swallowed += 1
            await trio.sleep_forever()

    trio.run(scene)

    assert swallowed == 3


def test_asyncio_cancels_once() -> None:
    """A pump that swallows its cancellation waits on: nobody tells it again."""

    async def scene() -> bool:
        async def pump() -> None:
            while True:
                try:
                    await forever.wait()
                    return
                except asyncio.CancelledError:
                    pass

        forever = asyncio.Event()
        task = asyncio.create_task(pump())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        goes_on = not task.done()
        forever.set()
        await task
        return goes_on

    assert asyncio.run(scene())
