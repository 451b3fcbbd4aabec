"""One connection, over a socket pair: cases that the conformance suite cannot produce."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from conformance.timing import TICK
from implementations.core.events import Event
from implementations.core.line_codec import LineCodec
from implementations.core.settings import Settings
from implementations.core.site import Site
from implementations.on_asyncio.connection import Connection
from implementations.on_asyncio.hub_mutex import MutexHub
from tests.implementations.on_asyncio.recorder import Recorder


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
        async with _connected(hub, Settings()) as (connection, reader, writer):
            await reader.readuntil(b"* online")
            writer.write(b"trigger\n")
            await connection
        return watcher.lines

    lines = asyncio.run(scene())
    logging.getLogger("hubbub").removeHandler(caplog.handler)

    assert lines[-1] == "* peer:1 left"
    assert "a bug in this connection" in caplog.text


def test_cancelled_connection_leaves_the_room() -> None:
    """However a connection ends, its client has left the room by then."""

    async def scene() -> tuple[list[str], int]:
        hub, watcher = MutexHub(Settings()), Recorder()
        await hub.join(0, "watcher:1", watcher)
        async with _connected(hub, Settings()) as (connection, reader, _):
            await reader.readuntil(b"* online")
            connection.cancel()
            await asyncio.wait([connection])
        return watcher.lines, (await hub.stats()).clients

    lines, clients = asyncio.run(scene())

    assert lines[-1] == "* peer:1 left"
    assert clients == 1


def test_client_that_takes_nothing_is_too_slow_even_in_a_quiet_room() -> None:
    """A client whose socket takes nothing for the write time-out is announced as too slow."""
    settings = replace(Settings(), write_timeout=2 * TICK)

    async def scene() -> list[str]:
        hub, watcher = MutexHub(settings), Recorder()
        await hub.join(0, "watcher:1", watcher)
        async with _connected(hub, settings, reads=False) as (connection, _, writer):
            writer.write(16 * (b"/say " + b"x" * 4000 + b"\n"))
            await connection
        return watcher.lines

    assert asyncio.run(scene())[-1] == "* peer:1 was too slow"


@asynccontextmanager
async def _connected(
    hub: MutexHub, settings: Settings, *, reads: bool = True
) -> AsyncIterator[tuple[asyncio.Task[None], asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yield the task of a connection, and the peer's end of it."""
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
    task = asyncio.create_task(connection.run())
    reader, writer = await asyncio.open_connection(sock=theirs)
    if not reads:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # of socket transports
    try:
        yield task, reader, writer
    finally:
        writer.close()
        await asyncio.wait([task])
