"""The broadcaster hub: its owner, its inbox, and its answers."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from implementations.core.causes import Cause
from implementations.core.commands import Say, Who
from implementations.core.errors import HubClosed, RoomFull
from implementations.core.message import TCP, encode
from implementations.core.settings import Settings
from implementations.on_trio.hub_broadcaster import BroadcasterHub
from tests.implementations.on_trio.recorder import Recorder


T = TypeVar("T")
PLACES = Settings().inbox


def test_commands_are_carried_out_in_the_order_put() -> None:
    """One talker's lines reach everyone in the order in which it said them."""

    async def scene(hub: BroadcasterHub) -> list[str]:
        anna = Recorder()
        await hub.join(1, "anna:1", anna)
        for number in range(5):
            await hub.submit(1, Say(str(number)))
        await wait_all_tasks_blocked()
        return anna.lines[2:]

    assert _run(scene) == [f"anna:1: {number}" for number in range(5)]


def test_full_room_is_the_askers_error_alone() -> None:
    """A refusal is raised where the question was asked, and the owner goes on."""

    async def scene(hub: BroadcasterHub) -> int:
        await hub.join(1, "anna:1", Recorder())
        with pytest.raises(RoomFull):
            await hub.join(2, "ben:2", Recorder())
        return (await hub.stats()).clients

    assert _run(scene, replace(Settings(), max_clients=1)) == 1


def test_close_carries_out_what_is_in_the_inbox_first() -> None:
    """What was accepted before the shutdown is said before it."""

    async def scene(hub: BroadcasterHub) -> list[str]:
        anna = Recorder()
        await hub.join(1, "anna:1", anna)
        await hub.submit(1, Say("last words"))
        await hub.close()
        with pytest.raises(HubClosed):
            await hub.join(2, "ben:2", Recorder())
        return anna.lines[-2:]

    assert _run(scene) == ["anna:1: last words", "* server is shutting down"]


def test_cancelled_asker_leaves_the_owner_alive() -> None:
    """An asker that gives up before its answer does not end the owner."""

    async def scene(hub: BroadcasterHub) -> tuple[int, int]:
        with trio.CancelScope() as asking:
            asking.cancel()  # it gives up at its first wait, which is for the answer
            await hub.join(1, "anna:1", Recorder())
        joined = (await hub.stats()).clients
        await hub.leave(1, Cause.LEFT)
        return joined, (await hub.stats()).clients

    assert _run(scene) == (1, 0)


def test_full_inbox_holds_the_talkers_back() -> None:
    """Talkers wait while the inbox is full, and go on when the owner has carried something out."""

    async def scene() -> tuple[int, int]:
        hub = BroadcasterHub(Settings())
        async with trio.open_nursery() as owner:
            async with trio.open_nursery() as talkers:
                for number in range(2 * PLACES):
                    talkers.start_soon(hub.submit, 1, Say(str(number)))
                await wait_all_tasks_blocked()
                waited = len(talkers.child_tasks)
                owner.start_soon(hub.run)
                await wait_all_tasks_blocked()
                waits = len(talkers.child_tasks)
            hub.stop()
        return waited, waits

    assert trio.run(scene) == (PLACES, 0)


def test_nobody_is_kept_from_leaving() -> None:
    """A departure need not wait behind the talkers that a client far behind holds back."""

    async def scene(hub: BroadcasterHub) -> tuple[bool, int]:
        with socket.socket() as unused:
            behind = hub.outbox(unused, TCP)
        await hub.join(1, "anna:1", Recorder())
        for _ in range(Settings().outbox // 2):
            behind.offer(encode("more"))
        async with trio.open_nursery() as talkers:
            talkers.start_soon(hub.submit, 1, Say("hello"))
            await wait_all_tasks_blocked()
            waited = bool(talkers.child_tasks)
            await hub.leave(1, Cause.LEFT)
            clients = (await hub.stats()).clients
            behind.close(Cause.LEFT)
        return waited, clients

    assert _run(scene) == (True, 0)


def test_question_counts_before_its_asker_goes_on() -> None:
    """A client that asks for the roster goes on only when the answer is in its outbox."""

    async def scene(hub: BroadcasterHub) -> list[str]:
        anna = Recorder()
        await hub.join(1, "anna:1", anna)
        await hub.submit(1, Who())
        return anna.lines[2:]

    assert _run(scene) == ["* online (1): anna:1"]


def _run(scene: Callable[[BroadcasterHub], Awaitable[T]], settings: Settings | None = None) -> T:
    """Run ``scene`` with a hub whose owner runs beside it."""

    async def with_owner() -> T:
        hub = BroadcasterHub(settings or Settings())
        async with trio.open_nursery() as owner:
            owner.start_soon(hub.run)
            result = await scene(hub)
            hub.stop()
        return result

    return trio.run(with_owner)
