"""One connection, over a socket pair: cases that the conformance suite cannot produce."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from conformance.timing import TICK
from implementations.core.causes import Cause
from implementations.core.events import Closing, Event
from implementations.core.line_codec import LineCodec
from implementations.core.message import encode
from implementations.core.settings import Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import WebSocketCodec
from implementations.on_threads import connection as connection_module
from implementations.on_threads import wire as wire_module
from implementations.on_threads.connection import Connection
from implementations.on_threads.hub_mutex import MutexHub
from implementations.on_threads.wire import Wire
from tests.implementations.on_threads.parked import ENDS_WITHIN, Running, joined, parked, read_until
from tests.implementations.on_threads.recorder import Recorder


class FaultyCodec(LineCodec):
    """A codec with a bug for each pump to meet, and a client's goodbye."""

    def feed(self, data: bytes) -> list[Event]:
        match data:
            case b"trigger\n":
                raise ZeroDivisionError
            case b"goodbye\n":
                return [Closing()]
        return super().feed(data)

    def farewell(self, cause: Cause) -> bytes:
        if cause is Cause.QUIT:
            raise ZeroDivisionError
        return super().farewell(cause)


@pytest.mark.parametrize(
    "trigger",
    [pytest.param(b"trigger\n", id="read pump"), pytest.param(b"/quit\n", id="write pump")],
)
def test_bug_in_one_connection_harms_no_other(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, trigger: bytes
) -> None:
    """A connection that raises is ended, logged and announced; the room goes on."""
    _lingers_for(TICK, monkeypatch)  # the peer does not end its side
    logging.getLogger("hubbub").addHandler(caplog.handler)
    hub, watcher = MutexHub(Settings()), Recorder()
    hub.join(0, "watcher:1", watcher)

    with _connected(hub, Settings()) as (_, running, peer):
        read_until(peer, b"* online")
        peer.send(trigger)
        ended = _ended(running)
    logging.getLogger("hubbub").removeHandler(caplog.handler)

    assert ended
    assert watcher.lines[-1] == "* peer:1 left"
    assert "a bug in this connection" in caplog.text


def test_bug_lets_the_talkers_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that raises stops holding the talkers back, and its own read pump, too."""
    _lingers_for(TICK, monkeypatch)
    settings = replace(Settings(), outbox=4)
    hub = MutexHub(settings)

    class FaultyWire(Wire):
        def send(self, data: bytes) -> None:
            if b"trigger" in data:
                for _ in range(3):  # the read pump will have to wait
                    self._outbox.offer(encode("more"))
                raise ZeroDivisionError
            super().send(data)

    monkeypatch.setattr(connection_module, "Wire", FaultyWire)
    with _connected(hub, settings) as (_, running, peer):
        read_until(peer, b"* online")
        peer.send(b"trigger\nand\nso\non\n")
        ended = _ended(running)

    assert ended
    assert hub.stats().clients == 0


def test_cancelled_connection_leaves_the_room() -> None:
    """However a connection ends, its client has left the room by then."""
    hub, watcher = MutexHub(Settings()), Recorder()
    hub.join(0, "watcher:1", watcher)

    with _connected(hub, Settings()) as (connection, running, peer):
        read_until(peer, b"* online")
        waited = parked(running)
        connection.cancel()
        ended = _ended(running)

    assert waited
    assert ended
    assert watcher.lines[-1] == "* peer:1 left"
    assert hub.stats().clients == 1


def test_cancel_ends_a_handshake() -> None:
    """A connection that waits for its client to finish the handshake ends when it is cancelled."""
    settings = Settings()
    codec = WebSocketCodec(settings, Site("test", settings, b""))

    with _connected(MutexHub(settings), settings, codec) as (connection, running, _):
        waited = parked(running)
        connection.cancel()
        ended = _ended(running)

    assert waited
    assert ended
    assert not connection.joined


def test_cancel_of_what_has_ended_does_nothing() -> None:
    """Cancelling a connection that has ended does nothing."""
    with _connected(MutexHub(Settings()), Settings()) as (connection, running, peer):
        peer.close()
        running.result()
        connection.cancel()


def test_client_that_takes_nothing_is_too_slow_even_in_a_quiet_room() -> None:
    """A client whose socket takes nothing for the write time-out is announced as too slow."""
    settings = replace(Settings(), write_timeout=2 * TICK)
    hub, watcher = MutexHub(settings), Recorder()
    hub.join(0, "watcher:1", watcher)

    with _connected(hub, settings, reads=False) as (_, running, peer):
        peer.send(3 * (b"/say " + b"x" * 4000 + b"\n"))  # more than fits
        ended = _ended(running)

    assert ended
    assert watcher.lines[-1] == "* peer:1 was too slow"


def test_last_lines_are_not_destroyed_by_what_still_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its last lines, a connection waits for the end of the peer, whichever ended first.

    Closing a socket while the peer still sends would reset the connection.
    """
    _lingers_for(ENDS_WITHIN, monkeypatch)

    with _connected(MutexHub(Settings()), Settings()) as (_, running, peer):
        read_until(peer, b"* online")
        peer.send(b"goodbye\n")
        read_until(peer, b"")
        waited = parked(running)
        peer.send(b"one thing more\n")
        still_waited = parked(running)

    assert waited
    assert still_waited


def _lingers_for(linger_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a connection wait that long for the peer to end its side."""
    for module in (connection_module, wire_module):
        monkeypatch.setattr(module, "LINGER_S", linger_s)


def _ended(running: Running[None]) -> bool:
    """Wait for the end of a connection; whether it ended, and its read pump, too."""
    running.join(ENDS_WITHIN)
    left = [thread for thread in threading.enumerate() if thread.name == "read pump"]
    return not running.is_alive() and not left


@contextmanager
def _connected(
    hub: MutexHub,
    settings: Settings,
    codec: LineCodec | WebSocketCodec | None = None,
    *,
    reads: bool = True,
) -> Iterator[tuple[Connection, Running[None], socket.socket]]:
    """Yield a connection, the thread that runs it, and the peer's end of it."""
    ours, theirs = socket.socketpair()
    if not reads:  # room for the welcome and little more
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    ours.setblocking(False)
    connection = Connection(
        ours,
        "peer:1",
        1,
        codec or FaultyCodec(settings),
        hub,
        settings,
        Site("test", settings, b""),
    )
    with joined(connection.run) as [running]:
        try:
            yield connection, running, theirs
        finally:
            theirs.close()
