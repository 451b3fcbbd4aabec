"""Rules of the area ``liveness``: pings, and a client that answers none."""

import secrets
import struct
import time
from collections.abc import Callable

from conformance import (
    TICK,
    WITHIN,
    ClientFactory,
    Connect,
    Mismatch,
    WebSocketClient,
    rule,
    settings,
)
from conformance.frames import CONTINUATION, HANDSHAKE, PING, PONG, TEXT
from conformance.rules.silence import BEAT_S, SILENCE_S, beat_until, fall_silent, outlive


PING_INTERVAL_S = 2 * TICK


@rule("liveness.ping")
@settings(ping_interval=PING_INTERVAL_S)
def test_listener_is_pinged_again_and_again(connect: Connect) -> None:
    """A client that says nothing is pinged, and pinged again after each answer."""
    ben: WebSocketClient = connect("ben")

    for _ in range(4):
        ben.next_ping()


@rule("liveness.ping")
@settings(ping_interval=PING_INTERVAL_S)
def test_talker_is_pinged_too(connect: Connect) -> None:
    """A client that talks is pinged too: only a pong tells that it still hears."""
    ben: WebSocketClient = connect("ben")

    for _ in range(3):
        wait_for_ping(ben)


def wait_for_ping(talker: WebSocketClient) -> None:
    """Let a client talk until it is pinged."""
    deadline = time.monotonic() + WITHIN
    while True:
        talker.say("and another thing")
        try:
            talker.next_ping(within=BEAT_S / 4)
            return
        except Mismatch:
            if time.monotonic() > deadline or talker.end is not None:
                raise


@rule("liveness.ping")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S, idle_timeout=PING_INTERVAL_S)
def test_who_answers_pings_stays(clients: ClientFactory, connect: Connect) -> None:
    """A client that answers pings stays beyond every time limit, though it never speaks."""
    anna, ben = clients("anna", "ben")

    for _ in range(2):
        outlive(fall_silent(connect, anna), anna)
    fence = anna.send_fence()

    ben.wait_for(fence)
    ben.wait_for(ben.send_fence())


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_who_answers_nothing_times_out(clients: ClientFactory, connect: Connect) -> None:
    """A client that reads everything and answers nothing times out."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", answers_pings=False)

    anna.wait_for("* ben timed out")

    ben.lines_until_end()


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_who_answers_nothing_hears_why_it_is_disconnected(connect: Connect) -> None:
    """A client that times out is told so, and then gets a close frame and the end."""
    ben: WebSocketClient = connect("ben", answers_pings=False)

    lines, end = ben.lines_until_end()

    assert [line[:11] for line in lines] == ["! timed out"]
    assert end.how == "eof"
    assert end.code == 1008


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_who_answers_nothing_is_announced_once(clients: ClientFactory, connect: Connect) -> None:
    """A client's time-out is announced once, and no departure is announced after it."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", answers_pings=False)

    anna.wait_for("* ben timed out")
    ben.lines_until_end()
    ben.abandon()
    fence = anna.send_fence()

    anna.expect_nothing_but(fence)


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_frozen_client_times_out(clients: ClientFactory) -> None:
    """A connected client that reads nothing times out, even in a quiet room."""
    anna, ben = clients("anna", "ben")

    ben.clog()

    anna.wait_for("* ben timed out")


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_bytes_without_a_frame_are_no_life(clients: ClientFactory, connect: Connect) -> None:
    """A client that sends bytes of a frame but never completes it times out."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", answers_pings=False)
    head = bytes([0x80 | TEXT, 0x80 | 126, 4, 0])  # of a masked frame of 1 KiB

    ben.send_raw(head)

    beat_until("* ben timed out", anna, lambda: ben.send_raw(b"x"))


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_any_whole_frame_is_life(clients: ClientFactory, connect: Connect) -> None:
    """Text, an empty message, a part of one, a ping and an unasked pong are all signs of life."""
    (anna,) = clients("anna")
    kinds: dict[str, Callable[[WebSocketClient], None]] = {
        "says": lambda client: client.say("hello"),
        "says-nothing": lambda client: client.say(""),
        "continues": lambda client: client.send_frame(CONTINUATION, b"x", fin=False),
        "pings": lambda client: client.send_frame(PING),
        "pongs": lambda client: client.send_frame(PONG, secrets.token_bytes(4)),
    }
    everyone = {name: connect(name, answers_pings=False) for name in kinds}
    everyone["continues"].send_frame(TEXT, b"x", fin=False)

    def beat() -> None:
        for name, client in everyone.items():
            kinds[name](client)

    for _ in range(2):
        outlive(fall_silent(connect, anna), anna, beat)

    everyone.pop("continues").send_frame(CONTINUATION, b"x")
    for client in everyone.values():
        client.wait_for(client.send_fence())
    anna.wait_for(lambda line: line.startswith("continues: xx"))


PONG_WAIT_S = 20 * TICK  # a tenth of it is the time for a pong


@rule("liveness.ping")
@settings(ping_interval=600 * TICK, pong_wait=PONG_WAIT_S)
def test_pings_come_before_the_time_is_over(clients: ClientFactory, connect: Connect) -> None:
    """A client is pinged at least every 0.9 ``pong_wait``, so that it can answer in time."""
    anna, ben = clients("anna", "ben")

    for _ in range(2):
        silent = fall_silent(connect, anna)
        anna.wait_for(f"* {silent.name} timed out", within=2 * PONG_WAIT_S)

    ben.wait_for(ben.send_fence())


def _opcodes(data: bytes) -> list[int]:
    """Return the opcodes of the frames of a server, in order."""
    opcodes, at = [], 0
    while at < len(data):
        opcodes.append(data[at] & 0x0F)
        size = data[at + 1] & 0x7F
        at += 2
        if size == 126:
            (size,) = struct.unpack_from("!H", data, at)
            at += 2
        at += size
    return opcodes


@rule("liveness.pong-wait")
@settings(ping_interval=TICK, pong_wait=4 * TICK)
def test_close_frame_is_the_last_that_a_silent_client_gets(connect: Connect) -> None:
    """The reason as a line comes before the close frame, and nothing comes after it."""
    ben: WebSocketClient = connect(welcome=False, handshake=False)

    ben.send_raw(HANDSHAKE)
    ben.lines_until_end()

    assert _opcodes(bytes(ben.raw).partition(b"\r\n\r\n")[2])[-1] == 8
