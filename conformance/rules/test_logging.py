"""Rules of the area ``logging``: what a server writes about its clients, and what never."""

import array
import contextlib
import fcntl
import os
import re
import select
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    ConnectionEnded,
    Door,
    Launch,
    Server,
    ServerFactory,
    Unknown,
    WebSocketClient,
    rule,
    settings,
)
from conformance.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    close_payload,
    encode_frame,
)


EXIT_WITHIN = 100 * TICK

# Words for a cause, of which a log may have any.
LEFT = "(?i:left|leav|quit|clos|eof|end of|gone|disconnect|depart|bye)"
TIMED_OUT = "(?i:time|idle|silen)"
TOO_SLOW = "(?i:slow)"


@rule("logging.arrivals")
def test_arrival_is_logged(server: Server, connect: Connect) -> None:
    """That a client came is logged, with its address."""
    client: Client = connect()

    server.wait_stderr(re.escape(client.address))


@rule("logging.arrivals")
@pytest.mark.parametrize("way", ["closes", "quits", "resets"])
def test_departure_is_logged(server: Server, connect: Connect, way: str) -> None:
    """That a client left is logged, with its address and that it did."""
    client: Client = connect()

    if way == "closes":
        client.close()
    elif way == "quits":
        client.say("/quit")
    else:
        client.reset()

    server.wait_stderr(f"{re.escape(client.address)}.*{LEFT}")


@rule("logging.arrivals")
@settings(idle_timeout=3 * TICK, ping_interval=TICK, pong_wait=3 * TICK)
def test_departure_of_who_timed_out_is_logged(server: Server, connect: Connect, door: Door) -> None:
    """That a client was silent for too long is logged, with its address and that cause."""
    client: Client = connect() if door == "tcp" else connect(answers_pings=False)

    client.lines_until_end()

    server.wait_stderr(f"{re.escape(client.address)}.*{TIMED_OUT}")


@rule("logging.arrivals")
@settings(outbox=32, write_timeout=5 * TICK)
def test_departure_of_who_was_too_slow_is_logged(
    server: Server, clients: ClientFactory, connect: Connect
) -> None:
    """That a client read too slowly is logged, with its address and that cause."""
    (ben,) = clients("ben")
    sluggard: Client = connect(receive_buffer_bytes=4096)

    sluggard.clog()
    _talk_until_one_is_cut_off(ben)

    server.wait_stderr(f"{re.escape(sluggard.address)}.*{TOO_SLOW}")


@rule("logging.arrivals")
@settings(log_level="WARNING")
def test_arrivals_and_departures_are_no_warnings(
    server: Server, clients: ClientFactory, connect: Connect
) -> None:
    """Where only warnings are logged nobody's coming and going is."""
    anna, ben = clients("anna", "ben")

    for client in (anna, ben):
        client.close()
    _stop(server, connect)

    _expect_not_logged(server, f"{re.escape(anna.address)}|{re.escape(ben.address)}")


ALARM = r"(?i)\b(warn|warning|error|critical|fatal|panic|traceback|exception)\b"
TRACEBACK = (  # of Python, Go, Rust, the JVM and JavaScript
    r"^(panic: |goroutine \d|thread '.*' panicked|Exception in |\s+at \S+.*:\d)"
    r"|Traceback \(most recent|never retrieved|[Uu]nhandled "
)


@rule("logging.calm")
def test_ordinary_goodbye_is_no_alarm(
    server: Server, clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """However a client takes its leave, nothing about it is a warning or an error."""
    (anna,) = clients("anna")

    for number, leave in enumerate(GOODBYES + (CLOSES if door == "ws" else [])):
        guest: Client = connect(f"guest{number}")
        anna.say("one", "two", "three")  # under way while it leaves
        leave(guest)
        anna.wait_for(f"* guest{number} left")
    _stop(server, connect)

    _expect_not_logged(server, ALARM)


@rule("logging.calm")
def test_no_peer_causes_a_traceback(
    server: Server, clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """Whatever bytes a peer sends, and however it goes then, no traceback is logged."""
    anna, ben = clients("anna", "ben")

    for peer, leave in zip(_rude_peers(connect, door), cycle(WITHOUT_A_WORD), strict=False):
        _let_the_server_read(ben)
        with contextlib.suppress(OSError, ConnectionEnded):  # the server was faster
            leave(peer)
    for _ in range(5):
        connect(welcome=False).reset()  # maybe before it was accepted
    _let_the_server_read(ben)
    anna.wait_for(ben.send_fence())
    _stop(server, connect)

    _expect_not_logged(server, TRACEBACK)


FORGED = "FORGED"
BREAKERS = ["\n", "\r", "\r\n", "\0", "\b", "\v", "\x1b", "\x1b[2K", "\x85", "\x9b", "\u2028"]


@rule("logging.forge")
@pytest.mark.parametrize("log_level", [None, "DEBUG"])
def test_no_control_character_of_a_client_is_logged(
    server_with: ServerFactory, clients: ClientFactory, connect: Connect, log_level: str | None
) -> None:
    """Nothing that a client sends ends a line of the log, or reaches a terminal as a command."""
    server = server_with() if log_level is None else server_with(log_level=log_level)
    anna, ben = clients("anna", "ben", server=server)

    for breaker in BREAKERS:
        _send_everywhere(f"x{breaker}{FORGED}", ben, connect, server)
        _let_the_server_read(anna)
    _stop(server, connect)

    _expect_not_logged(server, "|".join(re.escape(breaker + FORGED) for breaker in BREAKERS))


LONGEST_LOG_LINE_BYTES = 256
VISITS_TO_FILL = 500  # a pipe of one page
VISITS_MORE = 600  # twice as many lines: more than a queue in front of the pipe might hold


@rule("logging.unread")
def test_log_that_nobody_reads_stops_nobody(
    launch: Launch, clients: ClientFactory, connect: Connect
) -> None:
    """With a standard error that is full, people come, talk and go, and the server stops."""
    server = launch(read_stderr=False).wait_ready()
    anna, ben = clients("anna", "ben", server=server)

    with _narrow_log(server) as is_full:
        for _ in range(VISITS_TO_FILL):
            connect(server=server).reset()
            if is_full():
                break
        else:
            raise Unknown(f"{VISITS_TO_FILL} visits did not fill the pipe that it logs to")
    for _ in range(VISITS_MORE):
        connect(server=server).reset()

    anna.wait_for(ben.send_fence())
    connect("cara", server=server).close()
    anna.wait_for("* cara left")
    connect.close_all()
    server.signal(signal.SIGTERM)
    assert server.wait_exit(EXIT_WITHIN) == 0


def _stop(server: Server, connect: Connect) -> None:
    """End the clients, which the server would wait for, and the server: its log is complete."""
    connect.close_all()
    server.stop()


def _expect_not_logged(server: Server, pattern: str) -> None:
    """Check that a regular expression matches nothing that a server has logged."""
    __tracebackhide__ = True
    log = server.stderr_text()
    match = re.search(pattern, log, re.MULTILINE)
    if match is not None:
        raise AssertionError(f"it logged {log[match.start() : match.end() + 200]!r}")


def _talk_until_one_is_cut_off(talker: Client) -> None:
    """Talk until somebody was too slow to hear it."""
    for _ in range(200):
        talker.say(*(10 * ["x" * 4000]))
        fence = talker.send_fence()
        if any(line.endswith(" was too slow") for line in talker.lines_until(fence)):
            return
    raise Unknown("nobody was cut off who did not read 8 MB")


def _let_the_server_read(other: Client) -> None:
    """Return when the server has had every reason to accept and read what was sent before."""
    __tracebackhide__ = True
    for _ in range(5):  # to accept somebody may take some turns of an event loop
        other.say("/who")
        other.wait_for(lambda line: line.startswith("* online ("))


def _go_in_the_middle_of_a_line(guest: Client) -> None:
    guest.send_raw(guest.encode("never ended")[:-1])
    guest.reset()


def _go_with_lines_unread(guest: Client) -> None:
    guest.clog()
    guest.say("one", "two", "three")
    guest.abandon()


WITHOUT_A_WORD: list[Callable[[Any], object]] = [
    Client.reset,
    Client.half_close,
    Client.abandon,
    _go_in_the_middle_of_a_line,
    _go_with_lines_unread,
]
GOODBYES = [*WITHOUT_A_WORD, lambda guest: guest.close(), lambda guest: guest.say("/quit")]
CLOSES: list[Callable[[Any], object]] = [
    lambda guest: guest.send_close(1000, "bye"),
    lambda guest: guest.send_close(1001),
    lambda guest: guest.send_close(None),
    lambda guest: guest.send_close(4000, "of its own kind"),
]


NOISE = bytes(range(256))
TLS_HELLO = b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + NOISE

# What strangers send to an open port, and what a careless parser stumbles over.
RUDE_LINES = [
    b"",
    NOISE,
    TLS_HELLO,
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\0" * 10_000,
    b"x" * 10_000,
    b"\xff" * 100 + b"\n",
    b"\n" * 10_000,
    b"rename mike\nrename\nrename|\nrename||\n|\n/\n//\n/ \n/say\n/say \n/rename\n\r\n \n",
    b"/rename \xed\xa0\x80\n/rename \xf0\x9f\n",
    "/rename \u0345\n/rename \u0130\n/rename \ufdfa\n/rename \U000e0001\n".encode(),
]

HANDSHAKE_START = b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
KEY = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
HANDSHAKE = HANDSHAKE_START + b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" + KEY

RUDE_REQUESTS = [
    *RUDE_LINES,
    b"\r\n\r\n",
    b"GET",
    b"GET /ws HTTP/1.1\r\nHost: loc",
    b"GET /ws\r\n\r\n",
    b"GET /ws HTTP/1.1\r\n\r\n",
    b"GET /ws HTTP/9.9\r\n\r\n",
    b"GET http://x:port/ws HTTP/1.1\r\n\r\n",
    b"GET /ws?%ff\xff HTTP/1.1\r\n\r\n",
    b"POST /ws HTTP/1.1\r\nContent-Length: -1\r\n\r\nhello",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET /ws HTTP/1.1\r\n: no name\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: \xff\0\r\n folded\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    b"GET /ws HTTP/1.1\r\n" + b"X: x\r\n" * 10_000 + b"\r\n",
    HANDSHAKE_START + b"\r\n",
    HANDSHAKE + KEY + b"\r\n",
    HANDSHAKE.replace(b"AAAA==", b"!") + b"\r\n",
    HANDSHAKE.replace(b": 13", b": thirteen") + b"\r\n",
    HANDSHAKE.replace(b"localhost", b"[::") + b"Origin: http://[::\r\n\r\n",
    HANDSHAKE + b"Origin: http://x:port\r\n\r\n",
    HANDSHAKE + b"Origin: \xff\r\n\r\n",
    HANDSHAKE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
    HANDSHAKE + b"Sec-WebSocket-Extensions: permessage-deflate; =;;\r\n\r\n",
    HANDSHAKE + b"\r\n" + NOISE,
    HANDSHAKE + b"\r\n" + encode_frame(CLOSE, close_payload(1000)),
]

RUDE_FRAMES = [
    NOISE,
    encode_frame(TEXT, b"unmasked", masked=False),
    encode_frame(0x3, b"reserved"),
    encode_frame(0xB, b"reserved"),
    b"\xf1\x80\0\0\0\0",  # reserved bits
    b"\x81\xff" + b"\xff" * 8,  # 16 EiB
    b"\x81\xfe\0\x01\0\0\0\0x",  # one byte, in a form for many
    encode_frame(BINARY, NOISE),
    encode_frame(TEXT, b"\xff"),
    encode_frame(TEXT, b"x" * 100_000),
    encode_frame(CONTINUATION, b"of nothing"),
    encode_frame(TEXT, b"one", fin=False) + encode_frame(TEXT, b"two"),
    encode_frame(TEXT, b"never ended", fin=False),
    encode_frame(PING, b"x" * 126),
    encode_frame(PING, b"cut", fin=False),
    encode_frame(PING, b"") * 1000,
    encode_frame(CLOSE, b""),
    encode_frame(CLOSE, b"\x03"),
    encode_frame(CLOSE, close_payload(1000) + b"\xff"),
    encode_frame(CLOSE, close_payload(1000)) * 2,
    encode_frame(CLOSE, close_payload(1000)) + encode_frame(TEXT, b"after that"),
    *(encode_frame(CLOSE, close_payload(code)) for code in (0, 999, 1004, 1005, 1006, 1015, 65535)),
]


def _rude_peers(connect: Connect, door: Door) -> Iterator[Client]:
    """Yield connections that have just sent what nobody expects."""
    if door == "tcp":
        for data in RUDE_LINES:
            yield _send(connect(), data)
    else:
        for data in RUDE_REQUESTS:
            yield _send(connect(welcome=False, handshake=False), data)
        for data in RUDE_FRAMES:
            yield _send(connect(), data)


def _send_everywhere(text: str, talker: Client, connect: Connect, server: Server) -> None:
    """Send a text in every place where a client can send one."""
    talker.say(
        text, f"/say {text}", f"/rename {text}", f"rename|{text}", f"/{text}", f"/help{text}"
    )
    if talker.door == "tcp":
        talker.send_raw(text.encode() + b"\xff\n" + b"x" * 5000 + text.encode() + b"\n")
        return
    closing: WebSocketClient = connect(server=server)
    closing.send_close(1000, text)
    raw = text.encode()
    for request in (
        b"GET /%b HTTP/1.1\r\n\r\n" % raw,
        b"GET /%b HTTP/1.1\r\n\r\n" % quote(raw).encode(),
        b"%b / HTTP/1.1\r\n\r\n" % raw,
        b"GET / %b\r\n\r\n" % raw,
        b"GET / HTTP/1.1\r\n%b: x\r\n\r\n" % raw,
        HANDSHAKE + b"Origin: http://%b\r\n\r\n" % raw,
        HANDSHAKE + b"User-Agent: %b\r\n\r\n" % raw,
        HANDSHAKE + b"X-Forwarded-For: %b\r\n\r\n" % raw,
        HANDSHAKE + b"Sec-WebSocket-Protocol: %b\r\n\r\n" % raw,
        HANDSHAKE + b"\r\n" + encode_frame(PING, raw),
    ):
        _send(connect(server=server, welcome=False, handshake=False), request)


def _send(peer: Client, data: bytes) -> Client:
    with contextlib.suppress(ConnectionEnded):  # the server has seen enough of it
        peer.send_raw(data)
    return peer


@contextlib.contextmanager
def _narrow_log(server: Server) -> Iterator[Callable[[], bool]]:
    """Make the pipe that a server logs to as short as can be; yields what tells if it is full.

    Linux only, else ``Unknown``.
    """
    if sys.platform != "linux":
        raise Unknown("a pipe can be narrowed on Linux only")
    descriptor = os.open(f"/proc/{server.pid}/fd/2", os.O_RDONLY | os.O_NONBLOCK)
    try:
        capacity_bytes = fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, select.PIPE_BUF)

        def is_full() -> bool:
            waiting_bytes = array.array("i", [0])
            fcntl.ioctl(descriptor, termios.FIONREAD, waiting_bytes)
            return waiting_bytes[0] > capacity_bytes - LONGEST_LOG_LINE_BYTES

        yield is_full
    finally:
        os.close(descriptor)
