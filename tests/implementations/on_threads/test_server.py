"""The whole server, from inside its own process: its threads and its end."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TypeVar

import pytest

from conformance.timing import TICK
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.on_threads.hub import Hub
from implementations.on_threads.hub_broadcaster import BroadcasterHub
from implementations.on_threads.hub_direct import DirectHub
from implementations.on_threads.hub_mutex import MutexHub
from implementations.on_threads.server import serve
from implementations.start import stop_signals
from tests.implementations.on_threads.parked import ENDS_WITHIN, joined, read_until


T = TypeVar("T")
MakeHub = Callable[[Settings], Hub]

ANY_PORT = Endpoint("127.0.0.1", 0)
CLIENTS = 20
DOORS = 2  # with one acceptor each


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Block the server's signals in this thread, and put everything back afterwards.

    A signal that is still pending is removed, or it would end pytest.
    """
    assert threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in stop_signals()}
    stack_bytes, interval_s = threading.stack_size(), sys.getswitchinterval()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals())
    yield
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals())
    while signal.sigtimedwait(stop_signals(), 0):
        pass
    for number, handler in handlers.items():
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    threading.stack_size(stack_bytes)
    sys.setswitchinterval(interval_s)


@pytest.mark.parametrize(
    ("make_hub", "owners"), [(MutexHub, 0), (BroadcasterHub, 1), (DirectHub, 1)]
)
def test_threads_are_two_a_client(make_hub: MakeHub, owners: int) -> None:
    """With n clients there are 2n threads, one acceptor per door and the owner; later 2n fewer."""

    def scene(tcp: Endpoint, standing: set[threading.Thread]) -> tuple[int, int, bool]:
        if not owners:
            _join([thread for thread in standing if thread.name == "hub"])  # it returns at once
        standing = {thread for thread in standing if thread.is_alive()}
        others = set(threading.enumerate()) - standing
        clients = [socket.create_connection(tcp, ENDS_WITHIN) for _ in range(CLIENTS)]
        for client in clients:
            read_until(client, b"* online")
        pumps = set(threading.enumerate()) - standing - others
        for client in clients:
            client.shutdown(socket.SHUT_WR)
            read_until(client, b"")
            client.close()
        _join(pumps)
        return len(standing), len(pumps), set(threading.enumerate()) == standing | others

    standing, pumps, back = _with_server(make_hub, scene)

    assert standing == DOORS + owners
    assert pumps == 2 * CLIENTS
    assert back


@pytest.mark.parametrize("make_hub", [MutexHub, BroadcasterHub, DirectHub])
def test_serve_returns_after_a_signal(make_hub: MakeHub) -> None:
    """A signal ends `serve`, with every thread that it started."""

    def scene(tcp: Endpoint, _: set[threading.Thread]) -> bytes:
        with socket.create_connection(tcp, ENDS_WITHIN) as client:
            read_until(client, b"* online")
            _stop()
            return read_until(client, b"")

    rest = _with_server(make_hub, scene, stops=True)

    assert rest.endswith(b"* server is shutting down\n")


def _with_server(
    make_hub: MakeHub,
    scene: Callable[[Endpoint, set[threading.Thread]], T],
    *,
    stops: bool = False,
) -> T:
    """Serve in the main thread, with ``scene`` in a thread beside it; no thread may be left.

    The scene gets the place of the TCP door and the threads that the server has started. The
    server is stopped unless the scene stops it.
    """
    settings = replace(Settings(), tcp=ANY_PORT, ws=ANY_PORT, drain_timeout=20 * TICK)
    ready: SimpleQueue[tuple[Endpoint, set[threading.Thread]]] = SimpleQueue()

    def announce(tcp: Endpoint, _: Endpoint) -> None:
        ready.put((tcp, set(threading.enumerate()) - before))

    def beside() -> T:
        try:
            tcp, standing = ready.get(timeout=ENDS_WITHIN)
        except Empty:
            raise AssertionError("the server does not announce its doors") from None
        try:
            return scene(tcp, standing)
        finally:
            if not stops:
                _stop()

    with joined(beside) as [running]:
        before = set(threading.enumerate())
        serve(settings, make_hub, Site("test", settings, b""), announce)
        left = set(threading.enumerate()) - before
    assert left == set()
    return running.result()


def _stop() -> None:
    """Send the signal that the server, which runs in this process, waits for."""
    ident = threading.main_thread().ident
    assert ident is not None
    signal.pthread_kill(ident, signal.SIGTERM)


def _join(threads: set[threading.Thread] | list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(ENDS_WITHIN)
        assert not thread.is_alive()
