"""Rules of the area ``shutdown``: how the process of a stopping server ends.

A server that has nothing left to deliver ends at once. Where a test needs a server that is still
stopping, a clogged client gives it something that it cannot deliver.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance import (
    TICK,
    Client,
    Connect,
    ConnectionEnded,
    Door,
    Launch,
    Mismatch,
    Refused,
    Server,
    Unknown,
    WebSocketClient,
    rule,
    settings,
)
from conformance.clogging import Talk, connect_clogged
from conformance.frames import HANDSHAKE


FAREWELL = "* server is shutting down"
DRAIN_TIMEOUT_S = 10 * TICK
EXIT_WITHIN = DRAIN_TIMEOUT_S + 30 * TICK
NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for


@rule("shutdown.exit")
@settings(drain_timeout=DRAIN_TIMEOUT_S)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_empty_server_exits(number: signal.Signals, server: Server) -> None:
    """A server without clients ends with exit code 0 on either signal."""
    server.signal(number)

    assert server.wait_exit(EXIT_WITHIN) == 0


@rule("shutdown.exit")
@settings(drain_timeout=DRAIN_TIMEOUT_S)
def test_clients_that_never_close_do_not_keep_it(
    connect: Connect, server: Server, launch: Launch
) -> None:
    """Clients that read the end and keep their side open do not keep the server running."""
    room: list[Client] = [connect() for _ in range(3)]
    if "ws" in launch.contender.doors:
        room.append(connect(door="ws", answers_close=False))

    server.signal(signal.SIGTERM)

    assert server.wait_exit(EXIT_WITHIN) == 0
    for client in room:
        client.wait_for(FAREWELL)


@rule("shutdown.exit")
@settings(drain_timeout=DRAIN_TIMEOUT_S, write_timeout=NEVER_S)
def test_clogged_client_does_not_keep_it(connect: Connect, server: Server) -> None:
    """A client that does not take what waits for it does not keep the server running."""
    slow = connect_clogged(connect)
    Talk(connect("anna")).until_clogged(slow, server)

    server.signal(signal.SIGTERM)

    assert server.wait_exit(EXIT_WITHIN) == 0


@rule("shutdown.exit")
@settings(drain_timeout=DRAIN_TIMEOUT_S, write_timeout=NEVER_S, slow_consumer="block", outbox=8)
def test_blocked_talkers_do_not_keep_it(connect: Connect, server: Server) -> None:
    """Talkers that ``block`` holds back do not keep the server running."""
    connect_clogged(connect)
    anna: Client = connect("anna")
    try:
        anna.say(*["x" * 3000] * 5000, within=10 * TICK)
    except Mismatch:
        pass  # as expected: the server has stopped reading
    else:
        raise Unknown("the talker did not have to wait")

    server.signal(signal.SIGTERM)

    assert server.wait_exit(EXIT_WITHIN) == 0


@rule("shutdown.exit")
@settings(drain_timeout=DRAIN_TIMEOUT_S)
def test_unfinished_handshake_does_not_keep_it(
    connect: Connect, server: Server, launch: Launch
) -> None:
    """Connections with no request, or half of one, do not keep the server running."""
    require_door("ws", launch)
    connect(door="ws", welcome=False, handshake=False)
    half: WebSocketClient = connect(door="ws", welcome=False, handshake=False)
    half.send_raw(HANDSHAKE[:40])
    connect()  # accepted after both of them

    server.signal(signal.SIGTERM)

    assert server.wait_exit(EXIT_WITHIN) == 0


@rule("shutdown.exit")
@settings(drain_timeout=DRAIN_TIMEOUT_S)
def test_endless_talker_does_not_keep_it(connect: Connect, server: Server) -> None:
    """A client that never stops talking does not keep the server running."""
    anna: Client = connect("anna")
    over = threading.Event()

    def talk_on() -> None:
        with contextlib.suppress(Mismatch):  # the server has gone, or is about to
            while not over.is_set():
                anna.say(*["are you still there?"] * 100)

    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(talk_on)
        try:
            anna.wait_for("anna: are you still there?")
            server.signal(signal.SIGTERM)
            exit_code = server.wait_exit(EXIT_WITHIN)
        finally:
            over.set()  # else the talk never ends if the server does not
        talking.result()

    assert exit_code == 0


FROZEN_CLIENT = """
import socket, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
sock.recv(1)
print("connected", flush=True)
sock.recv(1 << 20)
sys.stdin.read()
"""


@rule("shutdown.exit")
@settings(drain_timeout=DRAIN_TIMEOUT_S)
def test_frozen_client_does_not_keep_it(connect: Connect, server: Server, launch: Launch) -> None:
    """A client whose process is stopped, as with Ctrl-Z, does not keep the server running."""
    require_door("tcp", launch)
    connect("anna")
    host, port = server.tcp
    command = [sys.executable, "-c", FROZEN_CLIENT, host, str(port)]

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as frozen:
        assert frozen.stdout is not None
        assert frozen.stdout.readline() == b"connected\n"
        frozen.send_signal(signal.SIGSTOP)
        os.waitpid(frozen.pid, os.WUNTRACED)
        server.signal(signal.SIGTERM)
        try:
            assert server.wait_exit(EXIT_WITHIN) == 0
        finally:
            frozen.kill()


@rule("shutdown.refuses")
@settings(drain_timeout=NEVER_S, write_timeout=NEVER_S)
def test_newcomers_are_turned_away(connect: Connect, server: Server, launch: Launch) -> None:
    """A newcomer to a stopping server is refused, or disconnected without a welcome."""
    begin_to_stop(server, connect)

    for door in launch.contender.doors:
        with contextlib.suppress(OSError, ConnectionEnded, Refused):
            newcomer: Client = connect(door=door, welcome=False)
            lines, _ = newcomer.lines_until_end()
            assert [line for line in lines if not line.startswith("! ")] == []

    if server.has_exited():
        raise Unknown("it had stopped before a newcomer could come")


@rule("shutdown.refuses")
@settings(drain_timeout=NEVER_S, write_timeout=NEVER_S)
def test_handshake_that_was_underway_is_not_completed(
    connect: Connect, server: Server, launch: Launch
) -> None:
    """A client whose request is half sent when the server begins to stop is not let in."""
    require_door("ws", launch)
    half: WebSocketClient = connect(door="ws", welcome=False, handshake=False)
    head, rest = HANDSHAKE[:40], HANDSHAKE[40:]
    half.send_raw(head)

    begin_to_stop(server, connect)
    with contextlib.suppress(ConnectionEnded):
        half.send_raw(rest)
    half.lines_until_end()

    assert b" 101 " not in half.raw
    if server.has_exited():
        raise Unknown("it had stopped before the request was complete")


@rule("shutdown.refuses")
@settings(drain_timeout=NEVER_S, write_timeout=NEVER_S, handshake_timeout=NEVER_S)
def test_unfinished_request_is_not_waited_for(
    connect: Connect, server: Server, launch: Launch
) -> None:
    """When the server begins to stop, it ends the connections whose request is not complete."""
    require_door("ws", launch)
    silent: WebSocketClient = connect(door="ws", welcome=False, handshake=False)
    half: WebSocketClient = connect(door="ws", welcome=False, handshake=False)
    half.send_raw(HANDSHAKE[:40])
    connect()  # accepted after both of them

    begin_to_stop(server, connect)

    for client in (silent, half):
        client.lines_until_end()
        assert b" 101 " not in client.raw


@rule("shutdown.second-signal")
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
@settings(drain_timeout=NEVER_S, write_timeout=NEVER_S)
def test_second_signal_ends_it_at_once(
    second: signal.Signals, connect: Connect, server: Server
) -> None:
    """A second signal ends the server at once, even if it has something to deliver."""
    begin_to_stop(server, connect)
    if server.has_exited():
        raise Unknown("it had stopped before the second signal")

    server.signal(second)

    server.wait_exit(50 * TICK)


def begin_to_stop(server: Server, connect: Connect) -> None:
    """Signal a server to stop that has something to deliver to a clogged client."""
    __tracebackhide__ = True
    slow = connect_clogged(connect)
    anna: Client = connect("anna")
    Talk(anna).until_clogged(slow, server)
    server.signal(signal.SIGTERM)
    anna.wait_for(FAREWELL)


def require_door(door: Door, launch: Launch) -> None:
    """Skip the test if the server has no such door."""
    if door not in launch.contender.doors:
        pytest.skip(f"it has no {door} door")
