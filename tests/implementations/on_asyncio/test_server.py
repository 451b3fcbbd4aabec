"""The whole server, from inside its own loop: its tasks and its end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from conformance.timing import TICK
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.on_asyncio.hub import Hub
from implementations.on_asyncio.hub_broadcaster import BroadcasterHub
from implementations.on_asyncio.hub_direct import DirectHub
from implementations.on_asyncio.hub_mutex import MutexHub
from implementations.on_asyncio.server import serve


T = TypeVar("T")
MakeHub = Callable[[Settings], Hub]

ANY_PORT = Endpoint("127.0.0.1", 0)
CLIENTS = 20
DOORS = 2  # with one acceptor each
OUTSIDERS = 2  # the task of the test and the task of `serve`


@pytest.mark.parametrize(
    ("make_hub", "owners"), [(MutexHub, 0), (BroadcasterHub, 1), (DirectHub, 1)]
)
def test_tasks_are_two_a_client(make_hub: MakeHub, owners: int) -> None:
    """With n clients there are 2n tasks, one acceptor per door and the owner; later 2n fewer."""

    async def scene(tcp: Endpoint) -> tuple[int, int]:
        standing = asyncio.all_tasks()
        clients = [await asyncio.open_connection(*tcp) for _ in range(CLIENTS)]
        for reader, _ in clients:
            await reader.readuntil(b"* online")
        pumps = asyncio.all_tasks() - standing
        for reader, writer in clients:
            writer.write_eof()
            await reader.read()
            writer.close()
        await asyncio.wait(pumps)
        assert asyncio.all_tasks() == standing
        return len(standing) - OUTSIDERS, len(pumps)

    standing, pumps = asyncio.run(_with_server(make_hub, scene))

    assert standing == DOORS + owners
    assert pumps == 2 * CLIENTS


@pytest.mark.parametrize("make_hub", [MutexHub, BroadcasterHub, DirectHub])
def test_serve_returns_after_a_signal(make_hub: MakeHub) -> None:
    """A signal ends `serve`, with every task that it started."""

    async def scene(tcp: Endpoint) -> bytes:
        reader, writer = await asyncio.open_connection(*tcp)
        await reader.readuntil(b"* online")
        _stop()
        rest = await reader.read()
        writer.close()
        return rest

    rest = asyncio.run(_with_server(make_hub, scene, stops=True))

    assert rest.endswith(b"* server is shutting down\n")


async def _with_server(
    make_hub: MakeHub, scene: Callable[[Endpoint], Awaitable[T]], *, stops: bool = False
) -> T:
    """Run ``scene`` beside a server, stop the server if the scene does not; no task may be left."""
    settings = replace(Settings(), tcp=ANY_PORT, ws=ANY_PORT, drain_timeout=20 * TICK)
    ready: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()
    before = asyncio.all_tasks()
    server = asyncio.create_task(
        serve(settings, make_hub, Site("test", settings, b""), lambda tcp, _: ready.set_result(tcp))
    )
    async with asyncio.timeout(50 * TICK):
        result = await scene(await ready)
        if not stops:
            _stop()
        await server
    assert asyncio.all_tasks() == before
    return result


def _stop() -> None:
    """Send the signal that the server, which runs in this process, waits for."""
    os.kill(os.getpid(), signal.SIGTERM)
