"""Rules of the area ``liveness``: who shows no life is gone, and who shows it stays.

The hourglass of these tests is a client that falls silent: the room tells when its
time is over, and the same time has passed for everyone else.
"""

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator

from conformance import (
    TICK,
    WITHIN,
    Client,
    ClientFactory,
    Connect,
    ConnectionEnded,
    Mismatch,
    TcpClient,
    Unknown,
    WebSocketClient,
    rule,
    settings,
)
from conformance.frames import CONTINUATION, PING, PONG, TEXT


BEAT_S = TICK  # how often whoever is to stay shows life
SILENCE_S = 8 * TICK  # the idle_timeout or pong_wait of these tests
PING_INTERVAL_S = 2 * TICK
HANDSHAKE_S = 5 * TICK


def beat_until(line: str, witness: Client, *beats: Callable[[], None]) -> None:
    """Do all of ``beats`` again and again until the witness hears a line.

    Raises:
        Mismatch: it did not come in time, or the witness was disconnected.
        Unknown: the beats came so late that even a proper server may have given up on somebody.
    """
    __tracebackhide__ = True
    deadline = time.monotonic() + WITHIN
    while True:
        began = time.monotonic()
        for beat in beats:
            with contextlib.suppress(ConnectionEnded):  # whether that is right, the caller knows
                beat()
        try:
            witness.wait_for(line, within=BEAT_S)
            return
        except ConnectionEnded:
            raise
        except Mismatch:
            now = time.monotonic()
            if now - began > SILENCE_S / 2:
                raise Unknown("this machine was too busy to show life in time") from None
            if now > deadline:
                raise Mismatch(f"{witness.label} waited {WITHIN:g} s for {line!r}") from None


def outlive(silent: Client, witness: Client, *beats: Callable[[], None]) -> None:
    """Do all of ``beats`` again and again until a silent client has timed out.

    Raises:
        ConnectionEnded: the witness was disconnected.
        Unknown: the silent one is not, so there is nothing to outlive.
    """
    __tracebackhide__ = True
    try:
        beat_until(f"* {silent.name} timed out", witness, *beats)
    except ConnectionEnded:
        raise
    except Mismatch:
        raise Unknown("a silent client was not timed out") from None


def fall_silent(connect: Connect, witness: Client) -> Client:
    """Return a client that says nothing from now on, and answers nothing."""
    silent: Client = connect() if witness.door == "tcp" else connect(answers_pings=False)
    witness.wait_for(f"* {silent.name} joined")
    return silent


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_listener_times_out(clients: ClientFactory) -> None:
    """A client that says nothing is gone, however much it hears."""
    anna, ben = clients("anna", "ben")

    beat_until("* ben timed out", anna, lambda: anna.say("still here"))

    lines, _end = ben.lines_until_end()
    if "anna: still here" not in lines:
        raise Unknown("ben heard nothing")


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_newcomer_that_never_speaks_times_out(clients: ClientFactory, connect: Connect) -> None:
    """The idle time runs from the arrival, not from the first line."""
    (anna,) = clients("anna")
    silent: Client = connect()

    beat_until(f"* {silent.name} timed out", anna, lambda: anna.say("still here"))

    silent.lines_until_end()


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_silent_client_hears_why_it_is_disconnected(connect: Connect) -> None:
    """A client that timed out is told so, and then comes the end."""
    ben: TcpClient = connect("ben")

    lines, end = ben.lines_until_end()

    assert [line[:11] for line in lines] == ["! timed out"]
    assert end.how == "eof"


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_timed_out_client_is_announced_once(clients: ClientFactory) -> None:
    """The others hear once that a client timed out, and not also that it left."""
    anna, ben = clients("anna", "ben")

    beat_until("* ben timed out", anna, lambda: anna.say("still here"))
    ben.lines_until_end()
    ben.abandon()
    fence = anna.send_fence()

    assert [line for line in anna.lines_until(fence) if "ben" in line] == []


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_bytes_without_a_line_are_no_life(clients: ClientFactory) -> None:
    """A client that drips bytes and never ends a line is gone all the same."""
    anna, ben = clients("anna", "ben")

    beat_until(
        "* ben timed out",
        anna,
        lambda: anna.say("still here"),
        lambda: ben.send_raw(b"x"),
    )


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_empty_lines_are_no_life(clients: ClientFactory) -> None:
    """A client that sends empty lines only is gone all the same."""
    anna, ben = clients("anna", "ben")

    beat_until(
        "* ben timed out",
        anna,
        lambda: anna.say("still here"),
        lambda: ben.send_raw(b"\n\r\n"),
    )


@contextlib.contextmanager
def flooding(client: Client, block: bytes) -> Iterator[None]:
    """Send a block again and again, without a pause, until the block of code is done."""
    done = threading.Event()

    def flood() -> None:
        with contextlib.suppress(Mismatch):  # the server reads no more: it need not
            while not done.is_set():
                client.send_raw(block)

    thread = threading.Thread(target=flood, name=f"floods from {client.label}")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_flood_of_empty_lines_is_no_life(clients: ClientFactory) -> None:
    """A client that sends empty lines without a pause is gone all the same."""
    anna, ben = clients("anna", "ben")

    with flooding(ben, b"\n" * (1 << 16)):
        beat_until("* ben timed out", anna, lambda: anna.say("still here"))


@rule("liveness.line-resets")
@settings(idle_timeout=SILENCE_S)
def test_talker_outlives_the_idle_timeout(clients: ClientFactory, connect: Connect) -> None:
    """A client that says something now and then stays for as long as it does."""
    (ben,) = clients("ben")

    for _ in range(2):
        outlive(fall_silent(connect, ben), ben, lambda: ben.say("still here"))

    ben.wait_for(ben.send_fence())


@rule("liveness.line-resets")
@settings(idle_timeout=SILENCE_S)
def test_commands_start_the_idle_time_anew(clients: ClientFactory, connect: Connect) -> None:
    """A command is as good as text, even one that nobody else hears of or nobody knows."""
    lines = {"anna": "/who", "ben": "/dance", "cara": "/rename cara", "dora": "/say hello"}
    everyone = clients(*lines)

    def beat() -> None:
        for client in everyone:
            client.say(lines[client.label])

    for _ in range(2):
        outlive(fall_silent(connect, everyone[0]), everyone[0], beat)

    for client in everyone:
        client.wait_for(client.send_fence())


@rule("liveness.ping")
@settings(ping_interval=PING_INTERVAL_S)
def test_listener_is_pinged_again_and_again(connect: Connect) -> None:
    """A client that says nothing is pinged, and pinged again when it has answered."""
    ben: WebSocketClient = connect("ben")

    for _ in range(4):
        ben.next_ping()


@rule("liveness.ping")
@settings(ping_interval=PING_INTERVAL_S)
def test_talker_is_pinged_too(connect: Connect) -> None:
    """A client is pinged however much it talks: only a pong tells how it hears."""
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
    """A client that answers pings stays past every time limit, though it never speaks."""
    anna, ben = clients("anna", "ben")

    for _ in range(2):
        outlive(fall_silent(connect, anna), anna)
    fence = anna.send_fence()

    ben.wait_for(fence)
    ben.wait_for(ben.send_fence())


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_who_answers_nothing_times_out(clients: ClientFactory, connect: Connect) -> None:
    """A client that reads everything and answers nothing is gone."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", answers_pings=False)

    anna.wait_for("* ben timed out")

    ben.lines_until_end()


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_who_answers_nothing_hears_why_it_is_disconnected(connect: Connect) -> None:
    """A client that timed out is told so, and then come a close frame and the end."""
    ben: WebSocketClient = connect("ben", answers_pings=False)

    lines, end = ben.lines_until_end()

    assert [line[:11] for line in lines] == ["! timed out"]
    assert end.how == "eof"
    assert end.code is not None


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_who_answers_nothing_is_announced_once(clients: ClientFactory, connect: Connect) -> None:
    """The others hear once that a client timed out, and not also that it left."""
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
    """A client that is connected and reads nothing is gone, though the room is quiet."""
    anna, ben = clients("anna", "ben")

    ben.clog()

    anna.wait_for("* ben timed out")


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_bytes_without_a_frame_are_no_life(clients: ClientFactory, connect: Connect) -> None:
    """A client that drips bytes of a frame it never completes is gone all the same."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", answers_pings=False)
    head = bytes([0x80 | TEXT, 0x80 | 126, 4, 0])  # of a masked frame of 1 KiB

    ben.send_raw(head)

    beat_until("* ben timed out", anna, lambda: ben.send_raw(b"x"))


@rule("liveness.pong-wait")
@settings(ping_interval=PING_INTERVAL_S, pong_wait=SILENCE_S)
def test_any_whole_frame_is_life(clients: ClientFactory, connect: Connect) -> None:
    """Text, an empty message, a part of one, a ping and a pong nobody asked for all count."""
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


REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S)
def test_connection_without_a_request_is_closed(connect: Connect) -> None:
    """A connection on which nothing comes at all is closed."""
    silent: WebSocketClient = connect(handshake=False, welcome=False)

    silent.expect_end()


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S)
def test_half_a_request_is_closed(connect: Connect) -> None:
    """A request that stops in its first line, after it, or just before its end is closed."""
    cuts = (3, REQUEST.index(b"\n") + 1, len(REQUEST) - 2, len(REQUEST) - 1)
    halves: list[WebSocketClient] = []
    for cut in cuts:
        halves.append(connect(handshake=False, welcome=False))
        halves[-1].send_raw(REQUEST[:cut])

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
            slow.send_raw(REQUEST[sent : sent + 1])
        sent += 1
        with contextlib.suppress(Mismatch):
            slow.expect_end(within=BEAT_S)

    assert slow.end is not None, f"{sent} bytes, one by one, kept the connection open"


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S)
def test_many_unfinished_requests_are_closed_unnoticed(
    clients: ClientFactory, connect: Connect
) -> None:
    """A crowd of unfinished requests is closed, and nobody inside notices it."""
    anna, ben = clients("anna", "ben")
    crowd: list[WebSocketClient] = [connect(handshake=False, welcome=False) for _ in range(50)]
    for half in crowd:
        half.send_raw(REQUEST[:-2])

    anna.say("is anybody there?")
    ben.expect("anna: is anybody there?")
    for half in crowd:
        half.expect_end()
    fence = anna.send_fence()

    ben.expect_nothing_but(fence)


@rule("liveness.handshake")
@settings(handshake_timeout=HANDSHAKE_S)
def test_finished_handshake_has_no_deadline(clients: ClientFactory, connect: Connect) -> None:
    """Who has finished the handshake in time is not closed when that time is over."""
    anna, ben = clients("anna", "ben")
    half: WebSocketClient = connect(handshake=False, welcome=False)
    half.send_raw(REQUEST[:-2])

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

    for byte in REQUEST:
        slow.send_raw(bytes([byte]))

    assert slow.wait_raw(b"\r\n").startswith(b"HTTP/1.1 101 ")
