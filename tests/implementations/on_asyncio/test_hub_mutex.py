"""The mutex hub, and the proof of what its docstring says about the lock.

Four talkers say their lines at the same time, to a hub with and without its lock, and with
and without an ``await`` inside the section that the lock guards. The hub promises the same
order at every client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from types import TracebackType

import pytest

from implementations.core.causes import Cause
from implementations.core.commands import Command, Say, Who
from implementations.core.errors import HubClosed
from implementations.core.message import encode
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_asyncio.hub_broadcaster import BroadcasterHub
from implementations.on_asyncio.hub_mutex import MutexHub
from tests.implementations.on_asyncio.recorder import Recorder


TALKERS = 4
LINES = 25


class NoLock(asyncio.Lock):
    """A lock that every task gets at once."""

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


class UnlockedHub(MutexHub):
    """The hub without its lock."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._lock = NoLock()


class AwaitInsideHub(MutexHub):
    """The hub with an ``await`` inside its section: at some clients other tasks get a turn.

    A seed decides at which clients. With a turn at every client, the loop would keep the
    talkers in step, because it is first in, first out, and the fault would not show.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._random = Random(1)
        self._recorders: list[Recorder] = []

    async def join(self, client_id: ClientId, address: str, outbox: Recorder) -> None:  # type: ignore[override]  # the test has only this kind of outbox
        self._recorders.append(outbox)

    async def submit(self, client_id: ClientId, command: Command) -> None:
        assert isinstance(command, Say)
        async with self._lock:
            for recorder in self._recorders:
                recorder.offer(encode(command.text))
                if self._random.random() < 0.5:
                    await asyncio.sleep(0)


class UnlockedAwaitInsideHub(AwaitInsideHub, UnlockedHub):
    """Both faults at once."""


@pytest.mark.parametrize(
    ("make_hub", "agree"),
    [
        pytest.param(MutexHub, True, id="lock"),
        pytest.param(UnlockedHub, True, id="no lock"),
        pytest.param(AwaitInsideHub, True, id="lock, await inside"),
        pytest.param(UnlockedAwaitInsideHub, False, id="no lock, await inside"),
    ],
)
def test_lock_matters_only_with_an_await_inside(
    make_hub: Callable[[Settings], MutexHub], agree: bool
) -> None:
    """All clients see one order, except with an ``await`` inside the section and no lock."""
    recorders = [Recorder() for _ in range(TALKERS)]

    asyncio.run(_all_talk(make_hub(Settings()), recorders))

    orders = {tuple(recorder.lines[-TALKERS * LINES :]) for recorder in recorders}
    assert (len(orders) == 1) is agree
    assert all(len(set(order)) == TALKERS * LINES for order in orders)


def test_closed_hub_takes_no_newcomer() -> None:
    """A closed hub refuses newcomers, and has said goodbye to its members."""

    async def scene() -> Recorder:
        hub, anna = MutexHub(Settings()), Recorder()
        await hub.join(1, "anna:1", anna)
        await hub.close()
        with pytest.raises(HubClosed):
            await hub.join(2, "ben:2", Recorder())
        return anna

    anna = asyncio.run(scene())

    assert anna.lines[-1] == "* server is shutting down"
    assert anna.cause is Cause.SHUTDOWN


def test_leave_and_submit_after_close_do_nothing() -> None:
    """A client that leaves or talks after the shutdown causes no error."""

    async def scene() -> int:
        hub = MutexHub(Settings())
        await hub.join(1, "anna:1", Recorder())
        await hub.close()
        await hub.leave(1, Cause.LEFT)
        await hub.submit(1, Who())
        return (await hub.stats()).clients

    assert asyncio.run(scene()) == 0


async def _all_talk(hub: MutexHub | BroadcasterHub, recorders: list[Recorder]) -> None:
    for client_id, recorder in enumerate(recorders):
        await hub.join(client_id, f"client:{client_id}", recorder)

    async def talk(client_id: ClientId) -> None:
        for number in range(LINES):
            await hub.submit(client_id, Say(f"line {client_id}-{number}"))
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as talkers:
        for client_id in range(len(recorders)):
            talkers.create_task(talk(client_id))
