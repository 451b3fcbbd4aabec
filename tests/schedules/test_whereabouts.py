"""The places where tasks wait, read from their coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from implementations.core.message import TCP
from implementations.core.settings import Settings
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.pace import Pace
from schedules.whereabouts import whereabouts


async def _wait_here() -> None:
    await asyncio.get_running_loop().create_future()


def _after_some_turns(coroutine: Coroutine[Any, Any, object]) -> list[str]:
    async def scene() -> list[str]:
        task = asyncio.create_task(coroutine)
        for _ in range(3):
            await asyncio.sleep(0)
        lines = whereabouts([("ben's write pump", task.get_coro())])
        task.cancel()
        return lines

    return asyncio.run(scene())


def test_place_is_the_innermost_of_the_servers() -> None:
    """A task that waits in a server's code is shown with function, file and line."""

    async def pump() -> None:
        await Outbox(TCP, Settings(), Pace()).take()

    (line,) = _after_some_turns(pump())

    assert line.startswith("ben's write pump waits in take, at outbox.py:")


def test_place_outside_the_servers_is_left_out() -> None:
    """For a task that waits in other code, only that it waits is shown."""
    assert _after_some_turns(_wait_here()) == ["ben's write pump waits"]


def test_task_that_has_ended_waits_nowhere() -> None:
    """A task that has ended has no line."""
    assert _after_some_turns(asyncio.sleep(0)) == []
