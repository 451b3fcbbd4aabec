"""The outbox of the direct hub: for what its socket does not take at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from implementations.core.causes import Cause
from implementations.core.group import Group, Item
from implementations.core.message import TCP, encode
from implementations.core.settings import Settings
from implementations.on_asyncio.outbox_direct import DirectOutbox
from implementations.on_asyncio.pace import Pace


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
