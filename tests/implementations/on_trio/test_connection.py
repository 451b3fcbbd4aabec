"""One connection, over a socket pair: cases that the conformance suite cannot produce."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from conformance.timing import TICK
from implementations.core.events import Event
from implementations.core.line_codec import LineCodec
from implementations.core.message import TCP, encode
from implementations.core.settings import Settings
from implementations.core.site import Site
from implementations.on_trio.connection import LEAVE_S, Connection
from implementations.on_trio.hub import Hub
from implementations.on_trio.hub_broadcaster import BroadcasterHub
from implementations.on_trio.hub_direct import DirectHub
from implementations.on_trio.hub_mutex import MutexHub
from tests.implementations.on_trio.recorder import Recorder
from tests.implementations.on_trio.streams import read_until


class FaultyCodec(LineCodec):
    """A codec with a bug."""

    def feed(self, data: bytes) -> list[Event]:
        if data == b"trigger\n":
            raise ZeroDivisionError
        return super().feed(data)


def test_bug_in_one_connection_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """A connection that raises is ended, logged and announced; the room goes on."""
    logging.getLogger("hubbub").addHandler(caplog.handler)

    async def scene() -> list[str]:
        hub, watcher = MutexHub(Settings()), Recorder()
        await hub.join(0, "watcher:1", watcher)
        async with _connected(hub, Settings()) as (_, peer):
            await read_until(peer, b"* online")
            await peer.send_all(b"trigger\n")
        return watcher.lines

    lines = trio.run(scene)
    logging.getLogger("hubbub").removeHandler(caplog.handler)

    assert lines[-1] == "* peer:1 left"
    assert "a bug in this connection" in caplog.text


def test_cancelled_connection_leaves_the_room() -> None:
    """However a connection ends, its client has left the room by then."""

    async def scene() -> tuple[list[str], int]:
        hub, watcher = MutexHub(Settings()), Recorder()
        await hub.join(0, "watcher:1", watcher)
        async with _connected(hub, Settings()) as (connection, peer):
            await read_until(peer, b"* online")
            connection.cancel_scope.cancel()
        return watcher.lines, (await hub.stats()).clients

    lines, clients = trio.run(scene)

    assert lines[-1] == "* peer:1 left"
    assert clients == 1


def test_connection_cancelled_while_it_talks_leaves_the_room() -> None:
    """A client whose line waits for its turn when the connection is cancelled still leaves."""

    async def scene() -> list[str]:
        hub, watcher = MutexHub(Settings()), Recorder()
        await hub.join(0, "watcher:1", watcher)
        async with _connected(hub, Settings()) as (connection, peer):
            await read_until(peer, b"* online")
            _hold_back_all_talkers(hub)
            await peer.send_all(b"never said\n")
            await wait_all_tasks_blocked()
            connection.cancel_scope.cancel()
        return watcher.lines

    assert trio.run(scene)[-2:] == ["* peer:1 joined", "* peer:1 left"]


@pytest.mark.parametrize("make_hub", [BroadcasterHub, DirectHub])
def test_connection_cancelled_while_it_joins_leaves_the_room(
    make_hub: type[BroadcasterHub | DirectHub],
) -> None:
    """A join that happens although its connection was cancelled is followed by a departure."""

    async def scene() -> int:
        hub = make_hub(Settings())
        async with trio.open_nursery() as owner:
            async with _connected(hub, Settings()) as (connection, _):
                await wait_all_tasks_blocked()  # it has asked to join, and has no answer yet
                connection.cancel_scope.cancel()
                owner.start_soon(hub.run)
            clients = (await hub.stats()).clients
            hub.stop()
        return clients

    assert trio.run(scene) == 0


@pytest.mark.parametrize("make_hub", [BroadcasterHub, DirectHub])
def test_cancelled_connection_ends_even_if_its_hub_never_answers(
    make_hub: type[BroadcasterHub | DirectHub],
) -> None:
    """A cancelled connection still leaves the room, but within a deadline."""

    async def scene() -> float:
        hub = make_hub(Settings())

        async def answer_late() -> None:
            await trio.sleep(2 * LEAVE_S)
            await hub.run()

        async with trio.open_nursery() as owner:
            owner.start_soon(answer_late)  # so that a failing test does not hang
            async with _connected(hub, Settings()) as (connection, _):
                await wait_all_tasks_blocked()
                connection.cancel_scope.cancel()
            ended_s = trio.current_time()
            owner.cancel_scope.cancel()
        return ended_s

    # This clock begins at 0 and moves only when all tasks wait for it: no time is measured.
    assert trio.run(scene, clock=MockClock(autojump_threshold=0)) == LEAVE_S


def test_client_that_takes_nothing_is_too_slow_even_in_a_quiet_room() -> None:
    """A client whose socket takes nothing for the write time-out is announced as too slow."""
    settings = replace(Settings(), write_timeout=2 * TICK)

    async def scene() -> list[str]:
        hub, watcher = MutexHub(settings), Recorder()
        await hub.join(0, "watcher:1", watcher)
        async with _connected(hub, settings, reads=False) as (_, peer):
            await peer.send_all(16 * (b"/say " + b"x" * 4000 + b"\n"))
        return watcher.lines

    assert trio.run(scene)[-1] == "* peer:1 was too slow"


def _hold_back_all_talkers(hub: MutexHub) -> None:
    """Have a client that is far behind, so that all talkers wait."""
    with socket.socket() as unused:
        behind = hub.outbox(unused, TCP)
    for _ in range(Settings().outbox // 2):
        behind.offer(encode("more"))


@asynccontextmanager
async def _connected(
    hub: Hub, settings: Settings, *, reads: bool = True
) -> AsyncIterator[tuple[trio.Nursery, trio.SocketStream]]:
    """Yield the nursery of a connection, and the peer's end of it; then wait for it to end."""
    ours, theirs = socket.socketpair()
    if not reads:  # room for the welcome and little more
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    ours.setblocking(False)
    connection = Connection(
        ours,
        "peer:1",
        1,
        FaultyCodec(settings),
        hub,
        settings,
        Site("test", settings, b""),
    )
    async with (
        trio.SocketStream(trio.socket.from_stdlib_socket(theirs)) as peer,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(connection.run)
        yield nursery, peer
