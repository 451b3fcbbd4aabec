"""``hubbub chat`` in a pipe: it loses no line, and notices every kind of ending."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.server import Server, free_address
from conformance.timing import TICK
from hubbub.chat import printable
from tests.processes import spelled, started_server


WITHIN = 200 * TICK  # for a client to start, talk and end

Chat = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(params=["asyncio-broadcaster"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with started_server(request.param) as server:
        yield server


@pytest.fixture(params=["tcp", "ws"])
def address(request: pytest.FixtureRequest, server: Server) -> str:
    return spelled(server.tcp) if request.param == "tcp" else f"ws://{spelled(server.ws)}/ws"


@pytest.fixture
def chat() -> Iterator[Chat]:
    """Starts ``hubbub chat`` with pipes for its three standard streams."""
    started: list[subprocess.Popen[str]] = []

    def start(address: str, stdin: int = subprocess.PIPE) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "hubbub", "chat", address]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=stdin, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def replies(output: str) -> list[str]:
    """Return the lines after the welcome and the list of names, without the speaker's name."""
    you_are, roster, *lines = output.splitlines()
    name = you_are.removeprefix("* you are ")
    assert roster.startswith("* online (")
    return [line.removeprefix(f"{name}: ") for line in lines if line.startswith(f"{name}: ")]


def wait_for_welcome(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().startswith("* you are ")


# No line is lost.


def test_pipe_loses_no_reply(chat: Chat, address: str) -> None:
    """Every reply to the piped lines is printed before the client ends, each time."""
    said = "".join(f"line {i}\n" for i in range(20))
    processes = [chat(address) for _ in range(6)]

    outcomes = [process.communicate(said, WITHIN) for process in processes]

    assert [replies(output) for output, _ in outcomes] == [said.splitlines()] * len(processes)
    assert [process.returncode for process in processes] == [0] * len(processes)


def test_pipe_last_line_without_end_is_said(chat: Chat, address: str) -> None:
    """A last line without a line end is sent too."""
    process = chat(address)

    output, _ = process.communicate("first\r\nlast", WITHIN)

    assert replies(output) == ["first", "last"]


def test_file_is_said_whole(chat: Chat, address: str, tmp_path: Path) -> None:
    """A regular file on standard input is sent line by line."""
    lines = [f"{i} ünï ☂ {'x' * 500}" for i in range(200)]
    said = tmp_path / "said.txt"
    said.write_text("\n".join(lines))
    with said.open() as file:
        process = chat(address, file.fileno())

    output, _ = process.communicate(timeout=WITHIN)

    assert replies(output) == lines


def test_pipe_quit_ends_the_conversation(chat: Chat, address: str) -> None:
    """After /quit nothing more is sent, and the client ends with 0."""
    process = chat(address)

    output, errors = process.communicate("said\n/quit\nunsaid\n", WITHIN)

    assert (replies(output), errors, process.returncode) == (["said"], "", 0)


def test_lines_before_a_reset_are_shown(chat: Chat) -> None:
    """Lines that arrived before a reset are printed, and then the reset is reported."""
    lines = [f"* line {i}" for i in range(1000)]
    process = chat(one_connection("\n".join([*lines, ""]).encode(), reset=True))

    output, errors = process.communicate("hello\n", WITHIN)

    assert output.splitlines() == lines
    assert (errors.count("\n"), process.returncode) == (1, 1)


# Every end is noticed.


@pytest.mark.parametrize("death", [signal.SIGTERM, signal.SIGKILL])
def test_server_death_is_noticed_while_waiting(
    chat: Chat, server: Server, address: str, death: signal.Signals
) -> None:
    """The end of the server is noticed at once, even if standard input stays silent."""
    process = chat(address)
    wait_for_welcome(process)

    server.signal(death)
    process.wait(WITHIN)

    assert process.stderr is not None
    assert "server" in process.stderr.read()
    assert process.returncode == 1


def test_interrupt_leaves_quietly(chat: Chat, address: str) -> None:
    """Ctrl-C ends the client with 130 and without a traceback."""
    process = chat(address)
    wait_for_welcome(process)

    process.send_signal(signal.SIGINT)
    process.wait(WITHIN)

    assert process.stderr is not None
    assert (process.stderr.read(), process.returncode) == ("", 130)


def test_reader_that_leaves_ends_the_client(chat: Chat, address: str) -> None:
    """When the reader of its output has ended, the client ends without an error message."""
    process = chat(address)
    wait_for_welcome(process)
    assert process.stdin is not None
    assert process.stdout is not None

    process.stdout.close()
    process.stdin.write("is anybody there?\n" * 10)
    process.stdin.flush()
    process.wait(WITHIN)

    assert process.stderr is not None
    assert (process.stderr.read(), process.returncode) == ("", 141)


# No connection at all.


@pytest.mark.parametrize("form", ["{}", "ws://{}/ws"])
def test_refused_connection_is_one_clear_line(chat: Chat, form: str) -> None:
    """If no server listens, one line says so and the exit code is 1."""
    address = form.format(spelled(free_address()))
    process = chat(address)

    output, errors = process.communicate(timeout=WITHIN)

    assert (output, process.returncode) == ("", 1)
    assert errors == f"hubbub chat: cannot connect to {address}: Connection refused\n"


def test_refused_handshake_is_one_clear_line(chat: Chat, server: Server) -> None:
    """If the WebSocket door refuses the client, one line says with which status."""
    process = chat(f"ws://{spelled(server.ws)}/elsewhere")

    output, errors = process.communicate(timeout=WITHIN)

    assert (output, errors.count("\n"), process.returncode) == ("", 1, 1)
    assert "404" in errors


@pytest.mark.parametrize(
    "address", ["nonsense", "127.0.0.1:70000", "ftp://127.0.0.1/", "ws:///ws", "ws://h:port/ws"]
)
def test_bad_address_is_bad_usage(chat: Chat, address: str) -> None:
    """An address that makes no sense is one line and exit code 2."""
    process = chat(address)

    output, errors = process.communicate(timeout=WITHIN)

    assert (output, errors.count("\n"), process.returncode) == ("", 1, 2)
    assert address in errors


# No server is trusted.


def test_control_characters_reach_no_terminal(chat: Chat) -> None:
    """No control character is printed, even if a server sends some."""
    process = chat(one_connection(b"* you are \x1b[2Jx\r\n\x07mallory: \xc2\x9b31m\xff\n"))

    output, _ = process.communicate("hello\n", WITHIN)

    assert output == "* you are  [2Jx \n mallory:  31m\ufffd\n"


@pytest.mark.parametrize("unsafe", ["\x00", "\x1b", "\x7f", "\x9b", "\u2028", "\u2029", "\ud800"])
def test_printable_replaces_what_is_unsafe(unsafe: str) -> None:
    """Control characters, line and paragraph separators and lone surrogates become spaces."""
    line = f"before{unsafe}after"

    shown = printable(line)

    assert shown == "before after"


def test_printable_keeps_what_is_text() -> None:
    """Text of any script stays as it is, with its joiners and marks."""
    line = "Zoë говорит: नमस्ते 👩\u200d🚀 e\u0301"

    shown = printable(line)

    assert shown == line


def one_connection(sends: bytes, *, reset: bool = False) -> str:
    """Start a server that waits for one line, sends these bytes and ends; return its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(WITHIN)

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(1)
            connection.sendall(sends)
            if reset:
                no_lingering = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
            else:
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(64):  # to close with unread bytes would be a reset too
                    pass

    threading.Thread(target=serve, daemon=True).start()
    return spelled(listener.getsockname())


# A door behind TLS.


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """The files of a certificate for localhost that no authority has signed, and of its key."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs openssl to make a certificate")
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


@pytest.fixture
def tls_door(server: Server, certificate: tuple[Path, Path]) -> Iterator[str]:
    """The URL of a proxy that speaks TLS, takes one connection, and passes it to the server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = threading.Thread(target=_pass_on, args=(listener, context, server.ws), daemon=True)
        proxy.start()
        yield f"wss://localhost:{listener.getsockname()[1]}/ws"
        listener.shutdown(socket.SHUT_RDWR)
        proxy.join(WITHIN)
    assert not proxy.is_alive()


def _pass_on(listener: socket.socket, context: ssl.SSLContext, door: tuple[str, int]) -> None:
    try:
        plain, _ = listener.accept()
    except OSError:  # nobody came before the test was over
        return
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        inner = stack.enter_context(socket.create_connection(door))
        outer = stack.enter_context(context.wrap_socket(plain, server_side=True))
        answers = threading.Thread(target=_copy, args=(inner, outer))
        answers.start()
        _copy(outer, inner)
        answers.join(WITHIN)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_talks_through_tls(
    tls_door: str, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, chat: Chat
) -> None:
    """With a certificate that the system trusts, ``wss://`` is a door as any other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))

    process = chat(tls_door)
    output, errors = process.communicate("hello\n", WITHIN)

    assert (process.returncode, errors) == (0, "")
    assert replies(output) == ["hello"]


def test_stranger_behind_tls_is_refused(tls_door: str, chat: Chat) -> None:
    """A certificate that nobody vouches for is refused in one line, and nothing is said to it."""
    process = chat(tls_door)
    output, errors = process.communicate("a secret\n", WITHIN)

    assert (process.returncode, output) == (1, "")
    assert "certificate verify failed" in errors
    assert len(errors.splitlines()) == 1
