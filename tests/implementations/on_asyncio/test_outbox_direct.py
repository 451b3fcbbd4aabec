"""The outbox of the direct hub: for what its socket does not take at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TypeVar

import pytest

from implementations.core.causes import Cause
from implementations.core.group import Group, Item
from implementations.core.message import TCP, WS, encode
from implementations.core.settings import Settings
from implementations.on_asyncio.outbox_direct import DirectOutbox, push_many
from implementations.on_asyncio.pace import Pace
from implementations.uring import Ring, why_not


T = TypeVar("T")

LONG = 400_000  # bytes: more than a small socket takes at once


def test_nothing_goes_out_before_the_write_pump_has_begun() -> None:
    """A group that is pushed before the answer to the handshake waits for the write pump."""

    async def scene(outbox: DirectOutbox, peer: socket.socket) -> tuple[bytes, bytes]:
        outbox.push(_group("early"))
        return _read(peer), await outbox.take()

    assert _run(scene, begun=False) == (b"", b"early\n")


def test_socket_that_takes_everything_wakes_nobody() -> None:
    """A group that a socket takes at once goes there, and the write pump sleeps on."""

    async def scene(outbox: DirectOutbox, peer: socket.socket) -> tuple[bytes, bool]:
        pump = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        outbox.push(_group("one", "two"))
        outbox.offer(encode("three"))
        await asyncio.sleep(0)
        woken = pump.done()
        pump.cancel()
        return _read(peer), woken

    assert _run(scene) == (b"one\ntwo\nthree\n", False)


def test_spill_keeps_the_order() -> None:
    """Messages after a half-sent one wait behind its rest, and nothing is lost."""
    long = "x" * LONG

    async def scene(outbox: DirectOutbox, peer: socket.socket) -> bytes:
        pushed = [outbox.push(_group("before", long, "after")), outbox.push(_group("last"))]
        assert pushed == [True, True]
        heard = _read(peer)
        while not heard.endswith(b"last\n"):
            heard += await outbox.take()
        return heard

    assert _run(scene) == f"before\n{long}\nafter\nlast\n".encode()


def test_socket_is_written_directly_again_after_the_spill() -> None:
    """The spill is over when the write pump asks for more and there is nothing."""

    async def scene(outbox: DirectOutbox, peer: socket.socket) -> bytes:
        outbox.push(_group("x" * LONG))
        heard = _read(peer) + await outbox.take()
        pump = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        outbox.push(_group("direct"))
        pump.cancel()
        assert len(heard) == LONG + 1
        return _read(peer)

    assert _run(scene) == b"direct\n"


def test_spill_past_the_limit_is_refused() -> None:
    """A client that takes nothing is cut off when its outbox is full, like any other."""

    async def scene(outbox: DirectOutbox, _: socket.socket) -> list[bool]:
        outbox.push(_group("x" * LONG))
        return [outbox.push(_group(str(number))) for number in range(5)]

    assert _run(scene) == [True] * 4 + [False]


def test_departure_has_its_place_in_a_full_spill() -> None:
    """An exempt message is queued even past the limit."""

    async def scene(outbox: DirectOutbox, _: socket.socket) -> bool:
        outbox.push(_group("x" * LONG))
        for number in range(4):
            outbox.push(_group(str(number)))
        return outbox.push(Group([Item(encode("* ben left"), exempt=True)]))

    assert _run(scene)


def test_lost_socket_is_the_write_pumps_business() -> None:
    """A push to a broken socket raises nothing: the write pump will find out."""

    async def scene(outbox: DirectOutbox, peer: socket.socket) -> bytes:
        peer.close()
        outbox.push(_group("into the void"))
        outbox.push(_group("and this"))
        return await outbox.take()

    assert _run(scene) == b"into the void\nand this\n"


def test_closed_outbox_takes_nothing_more() -> None:
    """After the close, the queued messages come out, and then the end."""

    async def scene(outbox: DirectOutbox, _: socket.socket) -> list[bytes]:
        outbox.push(_group("before"))
        outbox.close(Cause.LEFT)
        outbox.push(_group("after"))
        return [await outbox.take(), await outbox.take()]

    assert _run(scene, begun=False) == [b"before\n", b""]


def _group(*lines: str) -> Group:
    return Group([Item(encode(line)) for line in lines])


def _read(peer: socket.socket) -> bytes:
    """Return everything that has come by now."""
    heard = b""
    while True:
        try:
            data = peer.recv(1 << 20)
        except BlockingIOError:
            return heard
        if not data:
            return heard
        heard += data


def _run(scene: Callable[[DirectOutbox, socket.socket], Awaitable[T]], *, begun: bool = True) -> T:
    """Run ``scene`` with an outbox of four messages and the peer's end of its socket."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    for sock in (ours, theirs):
        sock.setblocking(False)

    async def with_outbox() -> T:
        outbox = DirectOutbox(ours, TCP, replace(Settings(), outbox=4), Pace())
        if begun:  # the write pump has written everything, and asked for more
            pump = asyncio.create_task(outbox.take())
            await asyncio.sleep(0)
            pump.cancel()
            await asyncio.wait([pump])
        return await scene(outbox, theirs)

    with ours, theirs:
        return asyncio.run(with_outbox())


def test_nothing_is_queued_after_what_was_refused() -> None:
    """Of a group that does not fit, the messages after the first that was refused are dropped."""

    async def scene(outbox: DirectOutbox, _: socket.socket) -> tuple[bool, int]:
        outbox.push(_group("x" * LONG))
        group = [Item(encode(str(number))) for number in range(5)]
        taken = outbox.push(Group([*group, Item(encode("* ben left"), exempt=True)]))
        return taken, len(outbox._backlog)

    assert _run(scene) == (False, 4)


@pytest.mark.skipif(why_not() is not None, reason=f"no io_uring: {why_not()}")
def test_many_outboxes_do_what_each_does_alone() -> None:
    """In one call, each outbox does what its own push does: at its door, and to its limit."""
    settings = replace(Settings(), outbox=4)
    with ExitStack() as stack:
        outboxes: list[DirectOutbox] = []
        peers: list[socket.socket] = []
        for door in (TCP, WS, TCP, TCP, TCP, TCP):
            ours, theirs = socket.socketpair()
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
            for sock in (ours, theirs):
                stack.enter_context(sock).setblocking(False)
            outboxes.append(DirectOutbox(ours, door, settings, Pace()))
            peers.append(theirs)
        tcp, ws, full, closed, lost, spilt = outboxes
        for outbox in (tcp, ws, full, closed, lost):
            outbox._spilt = False  # as when its write pump has written everything
        full._send(b"x" * LONG)
        closed.close(Cause.LEFT)
        peers[4].close()
        group = _group("one", "two", "three")

        with Ring() as ring:
            first = push_many(ring, outboxes, group)
            second = push_many(ring, outboxes, group)

        assert (first, sorted(second)) == ([], [2, 4, 5])
        assert [_read(peers[index]) for index in (0, 3)] == [2 * group.joined.tcp, b""]
        assert _read(peers[1]) == 2 * group.joined.ws
        assert [outbox._spilt for outbox in outboxes] == [False, False, True, False, True, True]
        assert [len(outbox._backlog) for outbox in (full, lost, spilt)] == [4, 4, 4]
        assert lost._backlog.take() == group.joined.tcp + b"one\n"


@pytest.mark.skipif(why_not() is not None, reason=f"no io_uring: {why_not()}")
def test_part_that_one_call_sent_is_not_sent_again() -> None:
    """When a socket takes a part of a group in one call for many, the write pump has the rest."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    settings, door = Settings(), TCP
    with ours, theirs, Ring() as ring:
        for sock in (ours, theirs):
            sock.setblocking(False)
        outbox = DirectOutbox(ours, door, settings, Pace())
        outbox._spilt = False
        group = _group("first", "x" * LONG, "last")

        assert push_many(ring, [outbox], group) == []

        heard = _read(theirs)
        assert 0 < len(heard) < len(group.joined.tcp)
        while outbox._backlog.size_bytes:
            heard += outbox._backlog.take()
        assert heard == group.joined.tcp
