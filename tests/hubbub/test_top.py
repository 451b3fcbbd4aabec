"""``hubbub top``: figures made of samples, and the display of a server that starts and stops."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from conformance import TcpClient
from conformance.server import Server, free_address
from conformance.timing import TICK
from hubbub.cli import main
from hubbub.top import (
    Figures,
    NoReport,
    Sample,
    compare,
    frame,
    parse_report,
    plain_line,
    short,
    sparkline,
)
from tests.processes import spelled, started_server


WITHIN = 200 * TICK  # for `hubbub top` to start, show and end
ID = "asyncio-broadcaster"
AT_REST = f"id={ID} policy=disconnect clients=0 messages=0 deliveries=0 evictions=0"
REPORT: dict[str, Any] = {
    "id": "x",
    "policy": "block",
    "clients": 3,
    "messages": 10,
    "deliveries": 30,
    "evictions": 1,
}
SAMPLE = Sample(**REPORT, at_s=100.0)

Answer = tuple[int, bytes]
Top = Callable[..., "subprocess.Popen[str]"]


def report(**other: object) -> bytes:
    return json.dumps({**REPORT, **other}).encode()


# Figures.


def test_rates_are_differences_over_the_time_between() -> None:
    """A rate is the difference of two counts, divided by the seconds between their samples."""
    now = SAMPLE._replace(messages=15, deliveries=40, clients=2, at_s=102.0)

    assert compare(SAMPLE, now) == Figures(now, messages_hz=2.5, deliveries_hz=5.0)


@pytest.mark.parametrize(
    "other",
    [{"messages": 9}, {"deliveries": 0}, {"evictions": 0}, {"id": "y"}, {"at_s": 100.0}],
    ids=str,
)
def test_other_process_has_no_rates(other: dict[str, Any]) -> None:
    """A count that fell means that the server was restarted, so there is no rate."""
    now = SAMPLE._replace(**{"at_s": 102.0, "messages": 99, "deliveries": 99, **other})

    assert compare(SAMPLE, now) == Figures(now, None, None)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (0.04, "0"),
        (0.5, "0.5"),
        (9.96, "10"),
        (999, "999"),
        (999.7, "1k"),
        (1234, "1.23k"),
        (999_500, "1M"),
        (12_500_000, "12.5M"),
        (2**63 - 1, "9.22E"),
    ],
)
def test_short_has_three_digits(number: float, written: str) -> None:
    """A number is written with three digits and a suffix."""
    assert short(number) == written


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        ([None, 0.0], " ▁"),
        ([0.0, 1e-9, 50.0, None, 100.0], "▁▂▅ █"),
    ],
)
def test_sparkline_is_scaled_to_its_highest(values: Sequence[float | None], drawn: str) -> None:
    """The highest value is a full block, and only 0 is the lowest block."""
    assert sparkline(values) == drawn


# A server's answer.


def test_report_is_read_with_whatever_else_it_holds() -> None:
    """The six entries are read, others are ignored, and no control character remains."""
    body = report(id="\x1b[2Jx\ud800", uptime=1)

    assert parse_report(body, 100.0) == SAMPLE._replace(id=" [2Jx ")


NO_REPORTS = [
    b"",
    b"<html>",
    b"\xff",
    b"[]",
    b"{}",
    b"[" * 60_000,
    b"null",
    report(id=1),
    report(policy=None),
    report(clients=True),
    report(clients=-1),
    report(messages=1.5),
    report(deliveries=2**63),
]


@pytest.mark.parametrize("body", NO_REPORTS, ids=lambda body: repr(body[:60]))
def test_other_answers_are_refused(body: bytes) -> None:
    """Anything but a JSON object with the six entries is no report."""
    with pytest.raises(NoReport):
        parse_report(body, 100.0)


# What is shown.


def test_plain_line_is_in_full() -> None:
    """A pipe gets each number in full, and a dash for an unknown number."""
    line = plain_line(Figures(SAMPLE._replace(messages=12_500_000), None, 5.25))

    assert line == (
        "id=x policy=block clients=3 messages=12500000 deliveries=30 evictions=1"
        " messages/s=- deliveries/s=5.2"
    )


@pytest.mark.parametrize("gone", [False, True])
def test_frame_fits_40_columns(gone: bool) -> None:
    """The longest numbers fit into 40 columns."""
    most = Sample._make([ID, "drop-newest", *[999_400_000] * 4, 0.0])
    pieces = frame(Figures(most, 99.94e6, 99.94e6, gone), "127.0.0.1:65535", [99.94e6] * 40, 0.25)

    text = "".join(piece for piece, _ in pieces)

    assert max(map(len, text.splitlines())) <= 40
    assert "deliveries   999M  99.9M/s\n" in text
    assert ("gone" in text) == gone


# The command.


@pytest.fixture
def server() -> Iterator[Server]:
    with started_server(ID) as server:
        yield server


@pytest.fixture
def top() -> Iterator[Top]:
    """Starts ``hubbub top`` with a pipe, or another ``stdout``, and ends it at the deadline."""
    with ExitStack() as stack:

        def start(*argv: str, stdout: int = subprocess.PIPE, **env: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "hubbub", "top", *argv],
                stdout=stdout,
                stderr=subprocess.PIPE,
                env={**os.environ, **env},
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            deadline = threading.Timer(WITHIN, process.kill)
            stack.callback(deadline.cancel)
            deadline.start()
            return process

        yield start


@pytest.fixture
def scripted() -> Iterator[Callable[..., str]]:
    """Starts a web server that gives these answers, the last one again and again."""
    with ExitStack() as stack:

        def start(*answers: Answer) -> str:
            left = list(answers)

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    status, body = left.pop(0) if len(left) > 1 else left[0]
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

                def log_message(self, *_: object) -> None:
                    pass

            web = stack.enter_context(HTTPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=web.serve_forever, args=(TICK / 10,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(web.shutdown)
            return spelled(("127.0.0.1", web.server_port))

        yield start


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("form", ["{}", "http://{}", "http://{}/healthz", "ws://{}/ws"])
def test_once_is_one_plain_line(top: Top, server: Server, form: str) -> None:
    """``--once`` prints one sample, for each spelling of the door, and uses no proxy."""
    nobody = f"http://{spelled(free_address())}"
    process = top(form.format(spelled(server.ws)), "--once", http_proxy=nobody, FORCE_COLOR="1")

    assert process.communicate() == (f"{AT_REST}\n", "")
    assert process.returncode == 0


def test_pipe_gets_a_line_a_sample(top: Top, server: Server) -> None:
    """In a pipe each sample is a line, written at once, and its counts follow the room."""
    process = top(spelled(server.ws), "--interval", "0.05", FORCE_COLOR="1")
    assert next_line(process) == f"{AT_REST} messages/s=- deliveries/s=-\n"
    client = TcpClient(server.tcp)

    client.say("hello")
    while " clients=1 messages=1 " not in (line := next_line(process)):
        assert line.startswith(f"id={ID} policy=disconnect clients=")
    client.abandon()

    assert "/s=-" not in line


def test_interrupt_leaves_quietly(top: Top, server: Server) -> None:
    """Ctrl-C ends it with 130 and without a traceback."""
    process = top(spelled(server.ws))
    next_line(process)

    process.send_signal(signal.SIGINT)

    assert process.communicate() == ("", "")
    assert process.returncode == 130


def test_server_that_goes_is_told_once_and_shown_when_it_is_back(top: Top) -> None:
    """While a server is stopped there is one line, ``gone``; then samples and rates start again."""
    with started_server(ID) as server:
        where = spelled(server.ws)
        process = top(where, "--interval", "0.05")
        next_line(process)
    while (line := next_line(process)) != "gone\n":
        assert line.startswith(AT_REST)

    with started_server(ID, "--ws", where):
        assert next_line(process) == f"{AT_REST} messages/s=- deliveries/s=-\n"


def test_restarted_server_has_no_negative_rate(top: Top, scripted: Callable[..., str]) -> None:
    """A server that was restarted between two samples is shown without rates."""
    where = scripted((200, report()), (200, report(messages=2, deliveries=6)))
    process = top(where, "--interval", "0.01")

    lines = [next_line(process).partition(" messages/s=")[2] for _ in range(3)]

    assert lines == ["- deliveries/s=-\n", "- deliveries/s=-\n", "0.0 deliveries/s=0.0\n"]


def test_room_that_refuses_for_now_is_gone(top: Top, scripted: Callable[..., str]) -> None:
    """A server that is stopping answers 5xx: it is gone, not wrong."""
    where = scripted((200, report()), (503, b""), (503, b""), (200, report()))
    process = top(where, "--interval", "0.01")

    starts = [next_line(process).split()[0] for _ in range(3)]

    assert starts == ["id=x", "gone", "id=x"]


@pytest.mark.parametrize("once", [[], ["--once"]], ids=str)
def test_nobody_there_is_one_line_that_helps(top: Top, once: list[str]) -> None:
    """If no server listens, one line says so, and how to start a server there."""
    where = spelled(free_address())
    process = top(where, *once)

    output, errors = process.communicate()

    assert (output, errors.count("\n"), process.returncode) == ("", 1, 1)
    assert errors.startswith(f"hubbub top: no server at {where}: Connection refused; ")
    assert f"hubbub serve {ID} --ws {where}\n" in errors


@pytest.mark.parametrize(
    "answers", [[(200, b"<html>")], [(404, b"")], [(200, report()), (200, b"")]]
)
def test_no_report_is_one_line(
    top: Top, scripted: Callable[..., str], answers: list[Answer]
) -> None:
    """An answer that is no report ends the command with one line, also if it is a later answer."""
    where = scripted(*answers)
    process = top(where, "--interval", "0.01")

    output, errors = process.communicate()

    assert (output.count("\n"), errors.count("\n"), process.returncode) == (len(answers) - 1, 1, 1)
    assert errors.startswith(f"hubbub top: {where} gives no report at /healthz")


def test_other_door_is_one_line(top: Top, server: Server) -> None:
    """At the TCP door, which has no HTTP, one line says which door to give."""
    process = top(spelled(server.tcp))

    output, errors = process.communicate()

    assert (output, errors.count("\n"), process.returncode) == ("", 1, 1)
    assert "WebSocket door" in errors


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["ftp://h:1"],
        ["http://"],
        *(["--interval", s] for s in ["0", "-1", "nan", "inf", "x"]),
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An address or interval that makes no sense is one line and exit code 2."""
    with pytest.raises(SystemExit) as left:
        main(["top", *argv])

    assert left.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert repr(argv[-1]) in line


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_terminal_shows_the_room_and_is_left_clean(
    top: Top, end: signal.Signals, code: int
) -> None:
    """A terminal shows the room and its end and return, and is restored afterwards."""
    pytest.importorskip("rich")
    ours, theirs = pty.openpty()
    seen = b""

    def wait_for(text: bytes) -> None:
        nonlocal seen
        while text not in seen:
            seen += os.read(ours, 65536)  # fails once `top` has ended
        seen = seen.partition(text)[2]

    with started_server(ID) as server:
        where = spelled(server.ws)
        process = top(where, "--interval", "0.05", stdout=theirs, TERM="xterm")
        os.close(theirs)
        wait_for(b"policy disconnect")
        wait_for(b"0/s")
    wait_for(b"gone")
    with started_server(ID, "--ws", where):
        wait_for(b"0/s")
        process.send_signal(end)
        with suppress(OSError):  # Linux reports in this way that the other side is closed
            while data := os.read(ours, 65536):
                seen += data
    os.close(ours)

    assert process.communicate()[1] == ""
    assert process.returncode == code
    on_screen, left_again, afterwards = seen.partition(b"\x1b[?1049l")
    assert left_again
    assert b"\x1b[?25h" in on_screen + afterwards
    assert b"policy disconnect" in afterwards
