"""What each call of a hub waits for: its turn, the lock, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from implementations.core.causes import Cause
from implementations.core.commands import Say, Who
from implementations.core.message import TCP, encode
from implementations.core.settings import Settings
from implementations.on_trio.hub_broadcaster import BroadcasterHub
from implementations.on_trio.hub_direct import DirectHub
from implementations.on_trio.hub_mutex import MutexHub
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.pace import Pace
from tests.implementations.on_trio.recorder import Recorder
from tests.implementations.on_trio.settle import must_wait


CALLS: dict[str, Callable[[Any], Any]] = {
    "join": lambda hub: hub.join(1, "anna:1", Recorder()),
    "say": lambda hub: hub.submit(1, Say("hello")),
    "ask": lambda hub: hub.submit(1, Who()),
    "leave": lambda hub: hub.leave(1, Cause.LEFT),
    "stats": lambda hub: hub.stats(),
    "close": lambda hub: hub.close(),
}
IN_TURN = {"join", "say", "ask"}


@pytest.mark.parametrize("make_hub", [MutexHub, BroadcasterHub, DirectHub])
@pytest.mark.parametrize("call", CALLS)
def test_only_talkers_wait_while_somebody_holds_them_back(make_hub: Any, call: str) -> None:
    """Newcomers and talkers wait for their turn; departures, counts and the end do not."""

    async def scene() -> bool:
        hub = make_hub(Settings())
        async with trio.open_nursery() as owners:
            owners.start_soon(hub.run)
            hub._pace.hold("a reader that is behind")
            async with trio.open_nursery() as callers:
                callers.start_soon(CALLS[call], hub)
                await wait_all_tasks_blocked()
                waits = len(callers.child_tasks) > 0
                callers.cancel_scope.cancel()
            hub.stop()
        return waits

    assert trio.run(scene) is (call in IN_TURN)


def test_lock_is_held_by_each_call_that_uses_the_room() -> None:
    """Whatever a hub does with its room, it holds the lock meanwhile."""
    held = {}

    async def scene() -> None:
        hub: Any = MutexHub(Settings())

        class Watched:
            def __getattr__(self, name: str) -> Callable[..., None]:
                return lambda *_: held.update({name: hub._lock.locked()})

        hub._fanout = Watched()
        for call in CALLS.values():
            await call(hub)

    trio.run(scene)

    assert held == dict.fromkeys(("join", "submit", "leave", "stats", "close"), True)


def test_hold_lasts_until_what_waits_is_down_to_a_quarter() -> None:
    """A batch that leaves more than a quarter behind does not let the talkers go on."""

    async def scene() -> list[bool]:
        pace = Pace()
        outbox = Outbox(TCP, replace(Settings(), outbox=4), pace)
        for _ in range(3):
            outbox.offer(encode("x" * 40_000))  # a batch takes one of them
        waited = []
        for _ in range(2):
            await outbox.take()
            waited.append(await must_wait(pace))
        return waited

    assert trio.run(scene) == [True, False]
