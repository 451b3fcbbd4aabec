"""The mutex hub, and the proof of what its docstring says about the lock.

Four talkers say their lines at the same time, to a hub with and without its lock, and with
and without an ``await`` inside the section that the lock guards. The hub promises the same
order at every client.

When several tasks can go on, trio does not promise their order, and draws lots on purpose.
The lots are seeded here, so that each case runs in the same way each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType

import pytest
import trio

from implementations.core.causes import Cause
from implementations.core.commands import Command, Say, Who
from implementations.core.errors import HubClosed
from implementations.core.message import encode
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_trio.hub_broadcaster import BroadcasterHub
from implementations.on_trio.hub_mutex import MutexHub
from tests.implementations.on_trio.recorder import Recorder


TALKERS = 4
LINES = 25


class NoLock:
    """A lock that every task gets at once. (Trio lets nobody derive from its own.)"""

    def acquire_nowait(self) -> None:
        pass

    async def acquire(self) -> None:
        pass

    def release(self) -> None:
        pass

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
        self._lock = NoLock()  # type: ignore[assignment]  # it does what the hub needs


class AwaitInsideHub(MutexHub):
    """The hub with an ``await`` inside its section: at each client other tasks get a turn.

    Trio's lots do the rest: the talker that is first at one client may be last at the next.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._recorders: list[Recorder] = []

    async def join(self, client_id: ClientId, address: str, outbox: Recorder) -> None:  # type: ignore[override]  # the test has only this kind of outbox
        self._recorders.append(outbox)

    async def submit(self, client_id: ClientId, command: Command) -> None:
        assert isinstance(command, Say)
        async with self._lock:
            for recorder in self._recorders:
                recorder.offer(encode(command.text))
                await trio.lowlevel.checkpoint()


class UnlockedAwaitInsideHub(AwaitInsideHub, UnlockedHub):
    """Both faults at once."""


@pytest.fixture
def seeded_lots() -> Iterator[None]:
    """Seed the generator with which trio shuffles each batch of tasks.

    It is private, and there is no public way. pytest-trio does the same.
    """
    lots = trio._core._run._r
    before = lots.getstate()
    lots.seed(1)
    yield
    lots.setstate(before)


@pytest.mark.usefixtures("seeded_lots")
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

    trio.run(_all_talk, make_hub(Settings()), recorders)

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

    anna = trio.run(scene)

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

    assert trio.run(scene) == 0


async def _all_talk(hub: MutexHub | BroadcasterHub, recorders: list[Recorder]) -> None:
    for client_id, recorder in enumerate(recorders):
        await hub.join(client_id, f"client:{client_id}", recorder)

    async def talk(client_id: ClientId) -> None:
        for number in range(LINES):
            await hub.submit(client_id, Say(f"line {client_id}-{number}"))
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as talkers:
        for client_id in range(len(recorders)):
            talkers.start_soon(talk, client_id)
