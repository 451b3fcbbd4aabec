"""Waiting until a socket is ready."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from implementations.on_asyncio.readiness import readable, writable
from tests.implementations.on_asyncio.settle import settle


Wait = Callable[[socket.socket], Coroutine[Any, Any, None]]


@pytest.mark.parametrize("wait", [readable, writable])
def test_wait_ends_when_the_socket_is_ready(wait: Wait) -> None:
    """A wait lasts until the socket can be read or written, and no longer."""

    async def scene() -> bool:
        ours, theirs = _pair(full=wait is writable)
        with ours, theirs:
            waiter = asyncio.create_task(wait(ours))
            await settle()
            waited = not waiter.done()
            if wait is readable:
                theirs.send(b"x")
            else:
                _drain(theirs)
            await waiter
        return waited

    assert asyncio.run(scene())


@pytest.mark.parametrize("wait", [readable, writable])
def test_cancelled_wait_takes_nothing_and_can_be_repeated(wait: Wait) -> None:
    """A wait that is cancelled leaves the socket as it was."""

    async def scene() -> bytes:
        ours, theirs = _pair(full=wait is writable)
        with ours, theirs:
            waiter = asyncio.create_task(wait(ours))
            await settle()
            waiter.cancel()
            await asyncio.wait([waiter])
            theirs.send(b"kept")
            if wait is writable:
                _drain(theirs)
            await wait(ours)
            return ours.recv(10)

    assert asyncio.run(scene()) == b"kept"


def _pair(*, full: bool) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    for sock in (ours, theirs):
        sock.setblocking(False)
    if full:
        _fill(ours)
    return ours, theirs


def _fill(sock: socket.socket) -> None:
    try:
        while True:
            sock.send(bytes(65536))
    except BlockingIOError:
        pass


def _drain(sock: socket.socket) -> None:
    try:
        while sock.recv(65536):
            pass
    except BlockingIOError:
        pass


@pytest.mark.parametrize("wait", [readable, writable])
def test_loop_forgets_the_socket_after_the_wait(wait: Wait) -> None:
    """Nothing of a wait stays behind: a loop that still watched the socket would spin."""

    async def scene() -> tuple[bool, bool]:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.send(b"x")
            await wait(ours)
            loop = asyncio.get_running_loop()
            return loop.remove_reader(ours), loop.remove_writer(ours)

    assert asyncio.run(scene()) == (False, False)
