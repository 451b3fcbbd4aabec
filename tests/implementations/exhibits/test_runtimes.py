"""Some mistakes are no exhibits in some runtimes, because they do not show there: here is why."""

from __future__ import annotations

import asyncio

import trio


def test_asyncio_runs_tasks_in_the_order_they_were_made() -> None:
    """One task per message keeps a talker's order, as long as no task waits before it speaks.

    asyncio does not promise this order, and trio does not keep it: the server is wrong in both.
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
    """One task per message loses a talker's order: trio runs ready tasks in random order."""

    async def scene() -> list[int]:
        said: list[int] = []

        async def say(number: int) -> None:
            said.append(number)

        async with trio.open_nursery() as tasks:
            for number in range(100):
                tasks.start_soon(say, number)
        return said

    orders = [trio.run(scene) for _ in range(20)]  # at most every second one is in order

    assert any(order != list(range(100)) for order in orders)


def test_trio_cancels_again_at_each_checkpoint() -> None:
    """A pump that swallows its cancellation is cancelled again each time it waits."""
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
    """A pump that swallows its cancellation goes on waiting: asyncio cancels it only once."""

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
