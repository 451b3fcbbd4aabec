"""The direct hub: its owner, its group commit, and its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from implementations.core import group_writer
from implementations.core.causes import Cause
from implementations.core.commands import Say, Who
from implementations.core.errors import HubClosed, RoomFull
from implementations.core.settings import Settings
from implementations.on_asyncio.hub_direct import DirectHub
from tests.implementations.on_asyncio.recorder import DirectRecorder
from tests.implementations.on_asyncio.settle import settle


T = TypeVar("T")
PLACES = Settings().inbox


def test_what_waits_goes_out_in_one_group() -> None:
    """Commands that come while the owner is busy are written at once, in their order."""

    async def scene() -> list[list[str]]:
        hub, anna = DirectHub(Settings()), DirectRecorder()
        commands = [asyncio.create_task(hub.join(1, "anna:1", anna))]
        commands += [asyncio.create_task(hub.submit(1, Say(str(number)))) for number in range(3)]
        await settle()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(hub.run())
            await asyncio.wait(commands)
            hub.stop()
        return anna.groups

    (group,) = asyncio.run(scene())

    assert group[2:] == ["anna:1: 0", "anna:1: 1", "anna:1: 2"]


def test_answers_come_after_the_commit() -> None:
    """When `leave` returns, everything for the client is written, so its socket may be closed."""

    async def scene(hub: DirectHub) -> tuple[list[str], Cause | None]:
        anna = DirectRecorder()
        await hub.join(1, "anna:1", anna)
        await hub.submit(1, Say("last words"))
        await hub.leave(1, Cause.LEFT)
        return anna.lines[2:], anna.cause

    assert _run(scene) == (["anna:1: last words"], Cause.LEFT)


def test_full_room_is_the_askers_error_alone() -> None:
    """A refusal is raised where the question was asked, and the owner goes on."""

    async def scene(hub: DirectHub) -> int:
        await hub.join(1, "anna:1", DirectRecorder())
        with pytest.raises(RoomFull):
            await hub.join(2, "ben:2", DirectRecorder())
        return (await hub.stats()).clients

    assert _run(scene, replace(Settings(), max_clients=1)) == 1


def test_close_carries_out_what_is_in_the_inbox_first() -> None:
    """What was accepted before the shutdown is said before it."""

    async def scene(hub: DirectHub) -> list[str]:
        anna = DirectRecorder()
        await hub.join(1, "anna:1", anna)
        await hub.submit(1, Say("last words"))
        await hub.close()
        with pytest.raises(HubClosed):
            await hub.join(2, "ben:2", DirectRecorder())
        return anna.lines[-2:]

    assert _run(scene) == ["anna:1: last words", "* server is shutting down"]


def test_cancelled_asker_leaves_the_owner_alive() -> None:
    """An asker that gives up before its answer does not end the owner."""

    async def scene(hub: DirectHub) -> int:
        asker = asyncio.create_task(hub.join(1, "anna:1", DirectRecorder()))
        await asyncio.sleep(0)
        asker.cancel()
        await settle()
        await hub.leave(1, Cause.LEFT)
        return (await hub.stats()).clients

    assert _run(scene) == 0


def test_full_inbox_holds_the_talkers_back() -> None:
    """Talkers wait while the inbox is full, and go on when the owner has carried something out."""

    async def scene() -> tuple[int, int]:
        hub = DirectHub(Settings())
        talkers = [asyncio.create_task(hub.submit(1, Say(str(n)))) for n in range(2 * PLACES)]
        await settle()
        went_on = sum(talker.done() for talker in talkers)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(hub.run())
            await asyncio.wait(talkers)
            hub.stop()
        return went_on, sum(talker.done() for talker in talkers)

    assert asyncio.run(scene()) == (PLACES, 2 * PLACES)


def test_question_counts_before_its_asker_goes_on() -> None:
    """A client that asks for the roster goes on only when its answer is on its way."""

    async def scene(hub: DirectHub) -> list[str]:
        anna = DirectRecorder()
        await hub.join(1, "anna:1", anna)
        await hub.submit(1, Who())
        return anna.lines[2:]

    assert _run(scene) == ["* online (1): anna:1"]


def test_what_comes_in_a_round_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two stretches the owner looks into its inbox: the next member gets both at once."""
    monkeypatch.setattr(group_writer, "STRETCH", 1)
    monkeypatch.setattr(group_writer, "SHORT_STRETCH", 1)

    async def scene() -> list[DirectRecorder]:
        hub = DirectHub(Settings())
        async with asyncio.TaskGroup() as tasks:

            def answer(line: str) -> None:
                if line == "anna:1: one":
                    tasks.create_task(hub.submit(1, Say("two")))

            clients = [DirectRecorder(answer), DirectRecorder(answer)]
            tasks.create_task(hub.run())
            await hub.join(1, "anna:1", clients[0])
            await hub.join(2, "ben:2", clients[1])
            await hub.submit(1, Say("one"))
            await settle()
            hub.stop()
        return clients

    clients = asyncio.run(scene())

    said = ["anna:1: one", "anna:1: two"]
    assert [client.lines[-2:] for client in clients] == [said, said]
    assert sum(group[-2:] == said for client in clients for group in client.groups) == 1


def test_message_in_progress_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a message is not written to everyone yet, it counts as waiting in the inbox."""
    monkeypatch.setattr(group_writer, "STRETCH", 1)
    monkeypatch.setattr(group_writer, "SHORT_STRETCH", 1)

    async def scene() -> list[DirectRecorder]:
        hub = DirectHub(replace(Settings(), outbox=1))  # one place
        async with asyncio.TaskGroup() as tasks:
            asked: list[str] = []

            def answer(line: str) -> None:
                if line == "anna:1: one" and not asked:
                    asked.append(line)
                    tasks.create_task(hub.submit(1, Say("two")))

            clients = [DirectRecorder(answer), DirectRecorder(answer)]
            tasks.create_task(hub.run())
            await hub.join(1, "anna:1", clients[0])
            await hub.join(2, "ben:2", clients[1])
            await hub.submit(1, Say("one"))
            await settle()
            hub.stop()
        return clients

    clients = asyncio.run(scene())

    said = ["anna:1: one", "anna:1: two"]
    assert [client.lines[-2:] for client in clients] == [said, said]
    assert sum(group[-2:] == said for client in clients for group in client.groups) == 0


def _run(scene: Callable[[DirectHub], Awaitable[T]], settings: Settings | None = None) -> T:
    """Run ``scene`` with a hub whose owner runs beside it."""

    async def with_owner() -> T:
        hub = DirectHub(settings or Settings())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(hub.run())
            result = await scene(hub)
            hub.stop()
        return result

    return asyncio.run(with_owner())
