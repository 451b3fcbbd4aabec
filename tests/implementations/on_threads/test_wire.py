"""One client's socket, over a TCP connection: reading, writing, and the end."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from conformance.timing import TICK
from implementations.core.errors import PeerGone, PeerStuck
from implementations.core.message import TCP, encode
from implementations.core.settings import Settings
from implementations.on_threads import wire as wire_module
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay
from implementations.on_threads.wire import Wire
from tests.implementations.on_threads.parked import joined, must_wait, parked, read_until


FOUR = replace(Settings(), outbox=4)  # two messages are half of it
SMALL_BYTES = 4096  # for the sockets' buffers; the kernel rounds it up
MUCH = b"x" * 100_000  # much more than the buffers take


def test_what_comes_is_received() -> None:
    """A wire gives out what came, and then the end of the stream."""
    with _connected() as (wire, peer):
        peer.send(b"hello\n")
        first = wire.receive(math.inf)
        peer.close()

        assert (first, wire.receive(math.inf)) == (b"hello\n", b"")


def test_deadline_ends_a_wait_and_loses_nothing() -> None:
    """A wait ends at its deadline with nothing, and what comes later is received."""
    with _connected() as (wire, peer):
        first = wire.receive(time.monotonic())
        peer.send(b"late\n")

        assert (first, wire.receive(math.inf)) == (None, b"late\n")


def test_reset_is_the_peers_end() -> None:
    """After a reset by the peer, both reading and writing raise."""
    with _connected() as (wire, peer):
        wire.send(b"never read\n")
        peer.close()

        with pytest.raises(PeerGone):
            wire.receive(math.inf)
        with pytest.raises(PeerGone):
            wire.send(b"too late\n")


def test_slow_peer_gets_everything() -> None:
    """Bytes that a socket does not take at once go out while the peer reads."""
    with _connected() as (wire, peer), joined(lambda: wire.send(MUCH + b"!")):
        assert read_until(peer, b"!") == MUCH + b"!"


def test_peer_that_takes_nothing_is_stuck_and_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stalled socket soon holds nobody back, and raises after the time-out."""
    _stalls_after(TICK / 2, monkeypatch)

    with _connected(write_timeout_s=TICK) as (wire, _):
        for _ in range(2):
            wire._outbox.offer(encode("hello"))
        held = must_wait(wire._outbox._pace)
        with pytest.raises(PeerStuck):
            wire.send(MUCH)

        assert (held, must_wait(wire._outbox._pace)) == (True, False)


def test_socket_that_was_idle_never_starts_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outbox that fills up after its socket went idle never holds the talkers back."""
    _stalls_after(100 * TICK, monkeypatch, quiet_s=TICK / 4)

    with _connected(write_timeout_s=TICK) as (wire, _):
        with pytest.raises(PeerStuck):
            wire.send(MUCH)
        for _ in range(2):
            wire._outbox.offer(encode("hello"))

        assert not must_wait(wire._outbox._pace)


def test_shutting_down_ends_a_wait() -> None:
    """A thread that waits for the socket finds its end when another thread shuts it down."""
    with _connected() as (wire, _), joined(lambda: wire.receive(math.inf)) as [waiter]:
        waited = parked(waiter)
        wire.shut_down(socket.SHUT_RDWR)

    assert waited
    assert waiter.result() == b""


def test_lingering_ends_when_the_peer_ends() -> None:
    """A lingering wire has ended its own side, and drops what comes until the peer ends, too."""
    with _connected() as (wire, peer):
        peer.send(b"one thing more\n")
        with joined(wire.linger):
            end = read_until(peer, b"")
            peer.close()

    assert end == b""


def test_lingering_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wire waits at most `LINGER_S` for a peer that never ends its side."""
    monkeypatch.setattr(wire_module, "LINGER_S", TICK / 4)

    with _connected() as (wire, _):
        wire.linger()


def test_peer_that_was_given_up_is_reset() -> None:
    """Closing a wire that was given up resets the connection."""
    with _connected() as (wire, peer):
        before = wire.lost
        wire.give_up()
        wire.close()
        with pytest.raises(ConnectionResetError):
            peer.recv(100)

        assert (before, wire.lost) == (False, True)


def _stalls_after(
    stall_s: float, monkeypatch: pytest.MonkeyPatch, quiet_s: float | None = None
) -> None:
    monkeypatch.setattr(wire_module, "STALL_S", stall_s)
    monkeypatch.setattr(wire_module, "QUIET_S", quiet_s or stall_s / 2)


@contextmanager
def _connected(write_timeout_s: float = 100 * TICK) -> Iterator[tuple[Wire, socket.socket]]:
    """Yield a wire over TCP and the peer's end of it."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as peer,
    ):
        ours, _ = server.accept()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BYTES)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
        ours.setblocking(False)
        wire = Wire(ours, Outbox(TCP, FOUR, Pace(), Relay()), write_timeout_s)
        try:
            yield wire, peer
        finally:
            wire.close()
