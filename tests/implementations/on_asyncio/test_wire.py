"""One client's socket, over a TCP connection: reading, writing, and the end."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from conformance.timing import TICK
from implementations.core.errors import PeerGone, PeerStuck
from implementations.core.message import TCP, encode
from implementations.core.settings import Settings
from implementations.on_asyncio import wire as wire_module
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.pace import Pace
from implementations.on_asyncio.wire import Wire
from tests.implementations.on_asyncio.settle import must_wait


T = TypeVar("T")
FOUR = replace(Settings(), outbox=4)  # two messages are half of it
SMALL_BYTES = 4096  # for the sockets' buffers; the kernel rounds it up
MUCH = b"x" * 100_000  # much more than the buffers take


def test_what_comes_is_received() -> None:
    """A wire gives out what came, and then the end of the stream."""

    async def scene(wire: Wire, peer: socket.socket) -> tuple[bytes | None, bytes | None]:
        peer.send(b"hello\n")
        first = await wire.receive(math.inf)
        peer.close()
        return first, await wire.receive(math.inf)

    assert _run(scene) == (b"hello\n", b"")


def test_deadline_ends_a_wait_and_loses_nothing() -> None:
    """A wait ends at its deadline with nothing, and what comes later is received."""

    async def scene(wire: Wire, peer: socket.socket) -> tuple[bytes | None, bytes | None]:
        first = await wire.receive(asyncio.get_running_loop().time())
        peer.send(b"late\n")
        return first, await wire.receive(math.inf)

    assert _run(scene) == (None, b"late\n")


def test_reset_is_the_peers_end() -> None:
    """After a reset by the peer, both reading and writing raise."""

    async def scene(wire: Wire, peer: socket.socket) -> None:
        await wire.send(b"never read\n")
        peer.close()
        with pytest.raises(PeerGone):
            await wire.receive(math.inf)
        with pytest.raises(PeerGone):
            await wire.send(b"too late\n")

    _run(scene)


def test_slow_peer_gets_everything() -> None:
    """Bytes that a socket does not take at once go out while the peer reads."""

    async def scene(wire: Wire, peer: socket.socket) -> int:
        peer.setblocking(False)
        sender = asyncio.create_task(wire.send(MUCH))
        read_bytes = 0
        while read_bytes < len(MUCH):
            read_bytes += len(await asyncio.get_running_loop().sock_recv(peer, 4096))
        await sender
        return read_bytes

    assert _run(scene) == len(MUCH)


def test_peer_that_takes_nothing_is_stuck_and_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stalled socket soon holds nobody back, and raises after the time-out."""
    _stalls_after(TICK / 2, monkeypatch)

    async def scene(wire: Wire, peer: socket.socket) -> tuple[bool, bool]:
        for _ in range(2):
            wire._outbox.offer(encode("hello"))
        held = must_wait(wire._outbox._pace)
        with pytest.raises(PeerStuck):
            await wire.send(MUCH)
        return held, must_wait(wire._outbox._pace)

    assert _run(scene, write_timeout_s=TICK) == (True, False)


def test_socket_that_was_idle_never_starts_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outbox that fills up after its socket went idle never holds the talkers back."""
    _stalls_after(100 * TICK, monkeypatch, quiet_s=TICK / 4)

    async def scene(wire: Wire, peer: socket.socket) -> bool:
        with pytest.raises(PeerStuck):
            await wire.send(MUCH)
        for _ in range(2):
            wire._outbox.offer(encode("hello"))
        return must_wait(wire._outbox._pace)

    assert not _run(scene, write_timeout_s=TICK)


def test_lingering_ends_when_the_peer_ends() -> None:
    """A lingering wire has ended its own side, and drops what comes until the peer ends, too."""

    async def scene(wire: Wire, peer: socket.socket) -> bytes:
        peer.send(b"one thing more\n")
        lingering = asyncio.create_task(wire.linger())
        await asyncio.sleep(0)
        end = peer.recv(100)
        peer.close()
        await lingering
        return end

    assert _run(scene) == b""


def test_lingering_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wire waits at most `LINGER_S` for a peer that never ends its side."""
    monkeypatch.setattr(wire_module, "LINGER_S", TICK / 4)

    async def scene(wire: Wire, peer: socket.socket) -> None:
        await wire.linger()

    _run(scene)


def test_peer_that_was_given_up_is_reset() -> None:
    """Closing a wire that was given up resets the connection."""

    async def scene(wire: Wire, peer: socket.socket) -> tuple[bool, bool]:
        before = wire.lost
        wire.give_up()
        wire.close()
        with pytest.raises(ConnectionResetError):
            peer.recv(100)
        return before, wire.lost

    assert _run(scene) == (False, True)


def _stalls_after(
    stall_s: float, monkeypatch: pytest.MonkeyPatch, quiet_s: float | None = None
) -> None:
    monkeypatch.setattr(wire_module, "STALL_S", stall_s)
    monkeypatch.setattr(wire_module, "QUIET_S", quiet_s or stall_s / 2)


def _run(
    scene: Callable[[Wire, socket.socket], Awaitable[T]], write_timeout_s: float = 100 * TICK
) -> T:
    """Run ``scene`` with a wire over TCP and the peer's end of it."""

    async def connected() -> T:
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname()) as peer,
        ):
            ours, _ = server.accept()
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BYTES)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
            ours.setblocking(False)
            wire = Wire(ours, Outbox(TCP, FOUR, Pace()), write_timeout_s)
            try:
                return await scene(wire, peer)
            finally:
                wire.close()

    return asyncio.run(connected())
