"""The shuffled loop: order is a seed's, time passes when all wait, and standstill is told."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.learning.promises import Broken
from hubbub.learning.tasks import AllWait, TooLong, run_shuffled


async def order_of(names: str) -> str:
    """Return the order in which tasks of these names came to run."""
    ran: list[str] = []

    async def run(name: str) -> None:
        await asyncio.sleep(0)
        ran.append(name)

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(run(name))
    return "".join(ran)


def test_seeds_give_orders_and_the_same_seed_the_same() -> None:
    """Tasks that are ready at once run in many orders, each of which its seed brings back."""
    orders = [run_shuffled(order_of("abc"), seed) for seed in range(30)]

    assert len(set(orders)) > 3
    assert orders == [run_shuffled(order_of("abc"), seed) for seed in range(30)]


def test_time_passes_only_while_all_wait() -> None:
    """An hour's sleep takes no time, and its time-out comes first where it is shorter."""

    async def late() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert run_shuffled(late(), 0) == 60


def test_standstill_is_told() -> None:
    """When nobody can ever wake anybody, that is an error and not a wait."""

    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(AllWait):
        run_shuffled(wait(), 0)


def test_tasks_without_end_are_told() -> None:
    """So is a task that goes round and round."""

    async def spin() -> None:
        while True:  # noqa: ASYNC110  nothing will ever happen
            await asyncio.sleep(0)

    with pytest.raises(TooLong):
        run_shuffled(spin(), 0)


def test_time_passes_slowly_where_a_task_polls() -> None:
    """A task that asks again and again, and never waits, does not stop the clock for good."""

    async def poll() -> float:
        until = asyncio.create_task(asyncio.sleep(1))
        while not until.done():  # noqa: ASYNC110  it is what this test is about
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    assert 1 <= run_shuffled(poll(), 0) < 1.01


@pytest.mark.parametrize("ends", ["stops the event loop", "cancels tasks that are not its own"])
def test_end_of_the_loop_is_told(ends: str) -> None:
    """A program that stops the loop, or cancels its caller, is told so."""

    async def end() -> None:
        if ends.startswith("stops"):
            asyncio.get_running_loop().stop()
        for task in asyncio.all_tasks() if ends.startswith("cancels") else ():
            task.cancel()
        await asyncio.sleep(1)

    with pytest.raises(Broken, match=ends):
        run_shuffled(end(), 0)


def test_nothing_is_left_running() -> None:
    """What the main coroutine leaves behind is cancelled."""
    ended: list[str] = []

    async def stay() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            ended.append("ended")

    async def main() -> asyncio.Task[None]:
        task = asyncio.create_task(stay())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return task

    run_shuffled(main(), 0)

    assert ended == ["ended"]
