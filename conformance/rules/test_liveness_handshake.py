"""Rules of the area ``liveness``: a request that is never complete."""

import contextlib

from conformance import (
    TICK,
    WITHIN,
    ClientFactory,
    Connect,
    ConnectionEnded,
    Mismatch,
    Unknown,
    WebSocketClient,
    rule,
    settings,
)
from conformance.frames import HANDSHAKE
from conformance.rules.silence import BEAT_S


HANDSHAKE_S = 5 * TICK


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S)
def test_connection_without_a_request_is_closed(connect: Connect) -> None:
    """A connection on which nothing comes is closed."""
    silent: WebSocketClient = connect(handshake=False, welcome=False)

    silent.expect_end()


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S)
def test_half_a_request_is_closed(connect: Connect) -> None:
    """A request that stops in its first line, after it, or just before its end is closed."""
    cuts = (3, HANDSHAKE.index(b"\n") + 1, len(HANDSHAKE) - 2, len(HANDSHAKE) - 1)
    halves: list[WebSocketClient] = []
    for cut in cuts:
        halves.append(connect(handshake=False, welcome=False))
        halves[-1].send_raw(HANDSHAKE[:cut])

    for half in halves:
        half.expect_end()


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S)
def test_dripping_a_request_buys_no_time(connect: Connect) -> None:
    """A request that comes byte by byte, and never to its end, is closed while it comes."""
    slow: WebSocketClient = connect(handshake=False, welcome=False)

    sent = 0
    while slow.end is None and sent < WITHIN / BEAT_S:
        with contextlib.suppress(ConnectionEnded):
            slow.send_raw(HANDSHAKE[sent : sent + 1])
        sent += 1
        with contextlib.suppress(Mismatch):
            slow.expect_end(within=BEAT_S)

    assert slow.end is not None, f"{sent} bytes, one by one, kept the connection open"


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S)
def test_many_unfinished_requests_are_closed_unnoticed(
    clients: ClientFactory, connect: Connect
) -> None:
    """Many unfinished requests are closed, and no client inside notices it."""
    anna, ben = clients("anna", "ben")
    crowd: list[WebSocketClient] = [connect(handshake=False, welcome=False) for _ in range(50)]
    for half in crowd:
        half.send_raw(HANDSHAKE[:-2])

    anna.say("is anybody there?")
    ben.expect("anna: is anybody there?")
    for half in crowd:
        half.expect_end()
    fence = anna.send_fence()

    ben.expect_nothing_but(fence)


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S)
def test_finished_handshake_has_no_deadline(clients: ClientFactory, connect: Connect) -> None:
    """A client that has finished its handshake in time stays when that time is over."""
    anna, ben = clients("anna", "ben")
    half: WebSocketClient = connect(handshake=False, welcome=False)
    half.send_raw(HANDSHAKE[:-2])

    try:
        half.expect_end()
    except Mismatch:
        raise Unknown("an unfinished request was not closed") from None
    fence = anna.send_fence()

    ben.expect_nothing_but(fence)


@rule("liveness.handshake")
def test_request_may_come_in_pieces(connect: Connect) -> None:
    """A request that comes byte by byte, and in time, is answered."""
    slow: WebSocketClient = connect(handshake=False, welcome=False)

    for byte in HANDSHAKE:
        slow.send_raw(bytes([byte]))

    assert slow.wait_raw(b"\r\n").startswith(b"HTTP/1.1 101 ")


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S, ping_interval=600 * TICK, pong_wait=600 * TICK)
def test_who_only_listens_outlives_the_handshake_timeout(
    clients: ClientFactory, connect: Connect
) -> None:
    """Once a client has joined, the time for its request does not end its stay."""
    anna, ben = clients("anna", "ben")
    listener: WebSocketClient = connect()
    anna.wait_for(f"* {listener.name} joined")

    for _ in range(2):  # each is closed after the same time
        connect(handshake=False, welcome=False).lines_until_end()
    fence = ben.send_fence()

    assert anna.lines_until(fence) == []
    listener.wait_for(fence)
