"""Waiting until a socket is ready."""

from __future__ import annotations

import socket
import time
from typing import Protocol

import pytest

from implementations.on_threads.readiness import readable, writable
from tests.implementations.on_threads.parked import joined, parked


class Wait(Protocol):
    """``readable`` or ``writable``."""

    def __call__(self, sock: socket.socket, /, *, deadline: float = ...) -> object: ...


@pytest.mark.parametrize("wait", [readable, writable])
def test_wait_ends_when_the_socket_is_ready(wait: Wait) -> None:
    """A wait lasts until the socket can be read or written, and no longer."""
    ours, theirs = _pair(full=wait is writable)
    with ours, theirs:
        with joined(lambda: wait(ours)) as [waiter]:
            waited = parked(waiter)
            if wait is readable:
                theirs.send(b"x")
            else:
                _drain(theirs)

        assert waited
        assert waiter.result()


@pytest.mark.parametrize("wait", [readable, writable])
def test_wait_past_its_deadline_takes_nothing_and_can_be_repeated(wait: Wait) -> None:
    """A wait that ends at its deadline leaves the socket as it was."""
    ours, theirs = _pair(full=wait is writable)
    with ours, theirs:
        assert not wait(ours, deadline=time.monotonic())

        theirs.send(b"kept")
        if wait is writable:
            _drain(theirs)

        assert wait(ours)
        assert ours.recv(10) == b"kept"


def test_wait_for_several_names_those_that_are_ready() -> None:
    """A wait for two sockets tells which of them is ready."""
    (one, _), (two, theirs) = pairs = _pair(full=False), _pair(full=False)

    theirs.send(b"x")

    assert readable(one, two) == [two]
    for sock in (*pairs[0], *pairs[1]):
        sock.close()


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
