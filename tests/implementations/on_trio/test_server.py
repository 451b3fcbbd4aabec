"""The whole server, from inside its own run: its tasks and its end."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from conformance.timing import TICK
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.on_trio.answer import Answer
from implementations.on_trio.hub import Hub
from implementations.on_trio.hub_broadcaster import BroadcasterHub
from implementations.on_trio.hub_direct import DirectHub
from implementations.on_trio.hub_mutex import MutexHub
from implementations.on_trio.server import serve
from tests.implementations.on_trio.streams import read_all, read_until


T = TypeVar("T")
MakeHub = Callable[[Settings], Hub]

ANY_PORT = Endpoint("127.0.0.1", 0)
CLIENTS = 20
DOORS = 2  # with one acceptor each
WATCHERS = 1  # for signals
OUTSIDERS = 1  # the task of `serve`


class Gone(trio.abc.Instrument):
    """Tells when tasks have ended: trio has no wait for the tasks of another nursery."""

    def __init__(self, tasks: set[trio.lowlevel.Task]) -> None:
        self.event = trio.Event()
        self._left = set(tasks)

    def task_exited(self, task: trio.lowlevel.Task) -> None:
        self._left.discard(task)
        if not self._left:
            self.event.set()


@pytest.mark.parametrize(
    ("make_hub", "owners"), [(MutexHub, 0), (BroadcasterHub, 1), (DirectHub, 1)]
)
def test_tasks_are_two_a_client(make_hub: MakeHub, owners: int) -> None:
    """With n clients there are 2n tasks, one acceptor per door and the owner; later 2n fewer.

    One more task waits for signals, because trio has no callbacks for them.
    """

    async def scene(tcp: Endpoint) -> tuple[int, int]:
        await wait_all_tasks_blocked()  # a hub without an owner has returned
        standing = _all_tasks()
        clients = [await trio.open_tcp_stream(*tcp) for _ in range(CLIENTS)]
        for client in clients:
            await read_until(client, b"* online")
        pumps = _all_tasks() - standing
        gone = Gone(pumps)
        trio.lowlevel.add_instrument(gone)
        for client in clients:
            await client.send_eof()
            await read_all(client)
            await client.aclose()
        await gone.event.wait()
        trio.lowlevel.remove_instrument(gone)
        assert _all_tasks() == standing
        return len(standing), len(pumps)

    async def whole() -> tuple[int, int]:
        outside = len(_all_tasks())
        standing, pumps = await _with_server(make_hub, scene)
        return standing - outside - OUTSIDERS, pumps

    standing, pumps = trio.run(whole)

    assert standing == DOORS + WATCHERS + owners
    assert pumps == 2 * CLIENTS


@pytest.mark.parametrize("make_hub", [MutexHub, BroadcasterHub, DirectHub])
def test_serve_returns_after_a_signal(make_hub: MakeHub) -> None:
    """A signal ends `serve`, with every task that it started."""

    async def scene(tcp: Endpoint) -> bytes:
        async with await trio.open_tcp_stream(*tcp) as client:
            await read_until(client, b"* online")
            _stop()
            return await read_all(client)

    async def whole() -> bytes:
        return await _with_server(make_hub, scene, stops=True)

    rest = trio.run(whole)

    assert rest.endswith(b"* server is shutting down\n")


async def _with_server(
    make_hub: MakeHub, scene: Callable[[Endpoint], Awaitable[T]], *, stops: bool = False
) -> T:
    """Run ``scene`` beside a server, stop the server if the scene does not; no task may be left."""
    settings = replace(Settings(), tcp=ANY_PORT, ws=ANY_PORT, drain_timeout=20 * TICK)
    ready: Answer[Endpoint] = Answer()
    before = _all_tasks()
    with trio.fail_after(50 * TICK):
        async with trio.open_nursery() as server:
            server.start_soon(
                serve,
                settings,
                make_hub,
                Site("test", settings, b""),
                lambda tcp, _: ready.set_result(tcp),
            )
            result = await scene(await ready.wait())
            if not stops:
                _stop()
    assert _all_tasks() == before
    return result


def _all_tasks() -> set[trio.lowlevel.Task]:
    """Return all tasks of this run, trio's own included."""
    root = trio.lowlevel.current_root_task()
    assert root is not None  # this very task is in it
    tasks, unseen = set(), [root]
    while unseen:
        task = unseen.pop()
        tasks.add(task)
        for nursery in task.child_nurseries:
            unseen += nursery.child_tasks
    return tasks


def _stop() -> None:
    """Send the signal that the server, which runs in this process, waits for."""
    os.kill(os.getpid(), signal.SIGTERM)
