"""Rules of the area ``liveness``: a server that was stopped itself, and its clients.

SIGSTOP stops the server's process, as Ctrl-Z, a debugger or a virtual machine that is moved do.
"""

import time
from collections.abc import Sequence

import pytest

from conformance import (
    TICK,
    WITHIN,
    Client,
    Connect,
    Door,
    Mismatch,
    Server,
    Unknown,
    WebSocketClient,
    rule,
    settings,
)
from conformance.clogging import Talk, connect_clogged, departures
from conformance.frames import HANDSHAKE, PONG
from conformance.rules.silence import SILENCE_S


STALL_S = 3 * SILENCE_S  # longer than every limit of these tests, with the time of a ping
PING_INTERVAL_S = SILENCE_S / 2


@rule("liveness.own-stall")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S, idle_timeout=SILENCE_S)
@pytest.mark.parametrize("early", [0.45, 0.9], ids=lambda share: f"after-{share}")
def test_clients_that_showed_life_stay(early: float, connect: Connect, server: Server) -> None:
    """Clients that answer each ping, or whose lines wait unread, stay when the server goes on."""
    clients: Sequence[Client] = [connect(name) for name in ("anna", "ben")]
    anna = clients[0]
    time.sleep(early * SILENCE_S)
    if anna.door == "tcp":
        for client in clients:
            client.say("before")
    stop_for(STALL_S, server, *clients)

    for talker in clients:
        fence = talker.send_fence()
        for client in clients:
            assert departures(client.lines_until(fence)) == []


@rule("liveness.own-stall")
@settings(ping_interval=0.9 * SILENCE_S, pong_wait=SILENCE_S, idle_timeout=SILENCE_S)
def test_short_stop_is_not_charged_either(connect: Connect, server: Server, door: Door) -> None:
    """A server that stops just when a client was to be pinged gives it the time for its answer."""
    if door != "ws":
        pytest.skip("the line door has no pings")
    clients = [connect(name) for name in ("anna", "ben")]
    time.sleep(
        1.5 * SILENCE_S
    )  # each has answered one ping: the next is due at 1.8, the end at 1.9
    stop_for(0.5 * SILENCE_S, server)

    for talker in clients:
        fence = talker.send_fence()
        for client in clients:
            assert departures(client.lines_until(fence)) == []


@rule("liveness.own-stall")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S, idle_timeout=SILENCE_S)
def test_silent_client_times_out_all_the_same(connect: Connect, server: Server) -> None:
    """A client that shows no life after the server has gone on times out."""
    anna: Client = connect("anna")
    ben: Client = connect("ben") if anna.door == "tcp" else connect("ben", answers_pings=False)
    stop_for(STALL_S, server, anna)

    deadline = time.monotonic() + WITHIN
    while "* ben timed out" not in anna.lines_until(anna.send_fence()):
        if time.monotonic() > deadline:
            raise Mismatch(f"{ben.label} is still in the room")
        time.sleep(TICK)


@rule("liveness.own-stall")
@settings(handshake_timeout=SILENCE_S)
def test_request_that_waited_is_answered(connect: Connect, server: Server) -> None:
    """A request that became complete while the server was stopped is answered."""
    late: WebSocketClient = connect(door="ws", handshake=False, welcome=False)
    late.send_raw(HANDSHAKE[:40])
    connect(door="ws")  # accepted after the first one
    stop_for(STALL_S, server, late, rest=HANDSHAKE[40:])

    late.wait_raw(b"HTTP/1.1 101")


@rule("liveness.own-stall")
@settings(handshake_timeout=SILENCE_S)
def test_request_has_its_time_after_the_stop(connect: Connect, server: Server) -> None:
    """A request that is completed right after the server has gone on is answered."""
    late: WebSocketClient = connect(door="ws", handshake=False, welcome=False)
    silent: WebSocketClient = connect(door="ws", handshake=False, welcome=False)
    for client in (late, silent):
        client.send_raw(HANDSHAKE[:40])
    connect(door="ws")  # accepted after both of them
    stop_for(STALL_S, server)
    time.sleep(SILENCE_S / 4)  # so that it is not a request that waited
    late.send_raw(HANDSHAKE[40:])

    late.wait_raw(b"HTTP/1.1 101")
    silent.lines_until_end()


@rule("liveness.own-stall")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_late_ping_leaves_time_for_its_answer(connect: Connect, server: Server, door: Door) -> None:
    """A client that is pinged late, because the server was stopped, has ``pong_wait`` to answer."""
    if door != "ws":
        pytest.skip("the line door has no pings")
    anna: Client = connect("anna")
    ben: WebSocketClient = connect("ben", answers_pings=False)
    anna.wait_for(ben.send_fence())
    time.sleep(0.4 * SILENCE_S)  # the next ping is due at 0.5, the end at 1.0
    stop_for(0.55 * SILENCE_S, server)
    ben.next_ping()
    time.sleep(0.4 * SILENCE_S)
    ben.send_frame(PONG)

    fence = anna.send_fence()
    assert departures(anna.lines_until(fence)) == []
    ben.wait_for(ben.send_fence())


@rule("liveness.own-stall")
@settings(ping_interval=SILENCE_S, pong_wait=2 * SILENCE_S)
def test_ping_that_was_never_sent_is_no_silence(
    connect: Connect, server: Server, door: Door
) -> None:
    """A server that goes on just after ``pong_wait`` has ended still owes its client a ping."""
    if door != "ws":
        pytest.skip("the line door has no pings")
    anna: Client = connect("anna")
    ben: WebSocketClient = connect("ben")
    anna.wait_for(ben.send_fence())
    time.sleep(0.8 * SILENCE_S)  # the first ping is due at 1.0, the end at 2.0
    stop_for(1.25 * SILENCE_S, server)

    fence = anna.send_fence()
    assert departures(anna.lines_until(fence)) == []
    ben.wait_for(ben.send_fence())


@rule("liveness.own-stall")
@settings(write_timeout=STALL_S, outbox=100_000)
def test_reader_is_not_slow_for_the_server(connect: Connect, server: Server) -> None:
    """A client that reads again while the server is stopped is not too slow when it goes on."""
    anna, slow = talker_and_clogged(connect, server)
    with server.frozen():
        slow.resume()
        time.sleep(1.5 * STALL_S)
    fence = anna.send_fence()

    assert departures(anna.lines_until(fence)) == []
    slow.wait_for(fence)


@rule("liveness.own-stall")
@settings(write_timeout=STALL_S, outbox=100_000)
def test_stop_is_not_charged_to_a_slow_client(connect: Connect, server: Server) -> None:
    """A client that reads again right after the server has gone on is not too slow."""
    anna, slow = talker_and_clogged(connect, server)
    with server.frozen():
        time.sleep(1.5 * STALL_S)
    told = anna.lines_until(anna.send_fence())
    slow.resume()
    fence = anna.send_fence()
    told += anna.lines_until(fence)

    assert departures(told) == []
    slow.wait_for(fence)


def talker_and_clogged(connect: Connect, server: Server) -> tuple[Client, Client]:
    """Return a client that talks, and one that does not read, just when the server notices.

    Raises:
        Unknown: this machine was so busy that a client has left already.
    """
    anna: Client = connect("anna")
    slow = connect_clogged(connect)
    talk = Talk(anna)
    talk.until_clogged(slow, server)
    if departures(talk.heard[anna]):
        raise Unknown("this machine was too busy to stop the server in time")
    return anna, slow


def stop_for(stall_s: float, server: Server, *clients: Client, rest: bytes = b"") -> None:
    """Stop the server for a time, in which clients at the line door say a line."""
    _ = server.pid  # Unknown: a server that was running before cannot be stopped
    with server.frozen():
        for client in clients:
            if rest:
                client.send_raw(rest)
            elif client.door == "tcp":
                client.say("meanwhile")
        time.sleep(stall_s)
