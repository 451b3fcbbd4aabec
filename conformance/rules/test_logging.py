"""Rules of the area ``logging``: what a server writes to its log about clients, and what not."""

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
    rule,
    settings,
)
from conformance.rules.pauses import let_the_server_read
from conformance.rules.rude_peers import rude_peers, send_everywhere


EXIT_WITHIN = 100 * TICK

# Words for each cause of a departure; a log line needs one of them.
LEFT = "(?i:left|leav|quit|clos|eof|end of|gone|disconnect|depart|bye)"
TIMED_OUT = "(?i:time|idle|silen)"
TOO_SLOW = "(?i:slow)"


@rule("logging.arrivals")
def test_arrival_is_logged(server: Server, connect: Connect) -> None:
    """The arrival of a client is logged, with its address."""
    client: Client = connect()

    server.wait_stderr(re.escape(client.address))


@rule("logging.arrivals")
@pytest.mark.parametrize("way", ["closes", "quits", "resets"])
def test_departure_is_logged(server: Server, connect: Connect, way: str) -> None:
    """The departure of a client is logged, with its address and a word for leaving."""
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
    """The departure of a silent client is logged, with its address and that cause."""
    client: Client = connect() if door == "tcp" else connect(answers_pings=False)

    client.lines_until_end()

    server.wait_stderr(f"{re.escape(client.address)}.*{TIMED_OUT}")


@rule("logging.arrivals")
@settings(outbox=32, write_timeout=5 * TICK)
def test_departure_of_who_was_too_slow_is_logged(
    server: Server, clients: ClientFactory, connect: Connect
) -> None:
    """The departure of a slow client is logged, with its address and that cause."""
    (ben,) = clients("ben")
    sluggard: Client = connect(receive_buffer_bytes=4096)

    sluggard.clog()
    _talk_until_one_is_cut_off(ben)

    server.wait_stderr(f"{re.escape(sluggard.address)}.*{TOO_SLOW}")


@rule("logging.arrivals")
def test_departures_at_the_end_are_logged(server: Server, connect: Connect) -> None:
    """A server that stops logs the departure of each client before it exits."""
    crowd: list[Client] = [connect() for _ in range(40)]

    server.signal(signal.SIGTERM)
    server.wait_exit(100 * TICK)

    for client in crowd:
        server.wait_stderr(f"{re.escape(client.address)}.*{LEFT}")


@rule("logging.arrivals")
@settings(log_level="WARNING")
def test_arrivals_and_departures_are_no_warnings(
    server: Server, clients: ClientFactory, connect: Connect
) -> None:
    """A log of warnings only does not contain arrivals and departures."""
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
    """In whatever way a client leaves, nothing about it is a warning or an error."""
    (anna,) = clients("anna")

    for number, leave in enumerate(GOODBYES + (CLOSES if door == "ws" else [])):
        guest: Client = connect(f"guest{number}")
        anna.say("one", "two", "three")  # on their way to the guest while it leaves
        leave(guest)
        anna.wait_for(f"* guest{number} left")
    _stop(server, connect)

    _expect_not_logged(server, ALARM)


@rule("logging.calm")
def test_no_peer_causes_a_traceback(
    server: Server, clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """Whatever a peer sends, and in whatever way it then leaves, no traceback is logged."""
    anna, ben = clients("anna", "ben")

    for peer, leave in zip(rude_peers(connect, door), cycle(WITHOUT_A_WORD), strict=False):
        let_the_server_read(ben, turns=5)
        with contextlib.suppress(OSError, ConnectionEnded):  # the server was faster
            leave(peer)
    for _ in range(5):
        connect(welcome=False).reset()  # perhaps before the server accepts it
    let_the_server_read(ben, turns=5)
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
    """Nothing that a client sends can end a log line or act on a terminal."""
    server = server_with() if log_level is None else server_with(log_level=log_level)
    anna, ben = clients("anna", "ben", server=server)

    for breaker in BREAKERS:
        send_everywhere(f"x{breaker}{FORGED}", ben, connect, server)
        let_the_server_read(anna, turns=5)
    _stop(server, connect)

    _expect_not_logged(server, "|".join(re.escape(breaker + FORGED) for breaker in BREAKERS))


LONGEST_LOG_LINE_BYTES = 256
VISITS_TO_FILL = 500  # a pipe of one page
VISITS_MORE = 600  # two lines each: more than a queue in front of the pipe might hold


@rule("logging.unread")
def test_log_that_nobody_reads_stops_nobody(
    launch: Launch, clients: ClientFactory, connect: Connect
) -> None:
    """With a full standard error, clients come, talk and go, and the server can stop."""
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
    """End the clients, then the server, so that its log is complete."""
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
    """Talk until some client was too slow to hear it."""
    for _ in range(200):
        talker.say(*(10 * ["x" * 4000]))
        fence = talker.send_fence()
        if any(line.endswith(" was too slow") for line in talker.lines_until(fence)):
            return
    raise Unknown("a client that did not read 8 MB was not cut off")


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


@contextlib.contextmanager
def _narrow_log(server: Server) -> Iterator[Callable[[], bool]]:
    """Make a server's log pipe as short as possible; yield a function that tells if it is full.

    Linux only, else ``Unknown``.
    """
    if sys.platform != "linux":
        raise Unknown("only on Linux can a pipe be made shorter")
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
