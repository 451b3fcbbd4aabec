"""One client of the live load generator in Python, with a scripted server at the other end."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator

import pytest

from benchmarks.generator.client_frames import CLOSE, PING, PONG, TEXT, accept_key
from benchmarks.generator.live_client import GONE, IN, JOINING, STALLED, Door, LiveClient
from conformance.timing import WITHIN


class Listening:
    """Keeps what a client tells."""

    def __init__(self) -> None:
        self.received_bytes = 0
        self.arrived: list[int] = []
        self.lines: list[bytes] = []
        self.ended: list[tuple[int | None, str]] = []

    def came_in(self, client: LiveClient) -> None:
        self.arrived.append(client.index)

    def heard(self, client: LiveClient, line: bytes, at_ns: int) -> None:
        self.lines.append(line)

    def is_gone(self, client: LiveClient, code: int | None, reason: str) -> None:
        self.ended.append((code, reason))


class Scene:
    """A client, what it told, and the server's end of its connection."""

    def __init__(self, *, tcp: bool, welcome: bool = True) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        host, port = self._door.getsockname()
        self.selector = selectors.DefaultSelector()
        self.told = Listening()
        self.client = LiveClient(
            7, Door(host, port, tcp, "/chat", welcome), self.selector, self.told
        )
        self.client.connect()
        self.server, _ = self._door.accept()
        self.server.settimeout(WITHIN)
        if not tcp:
            self.upgrade()

    def upgrade(self) -> None:
        """Answer the handshake."""
        self.until(lambda: self.client.port)
        request = self.server.recv(4096).decode()
        assert request.startswith("GET /chat HTTP/1.1\r\n")
        key = request.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
        answer = "HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: {}\r\n\r\n"
        self.server.sendall(answer.format(accept_key(key)).encode())

    def until(self, true: object) -> None:
        """Let the client handle its events until something is true."""
        assert callable(true)
        deadline_s = time.monotonic() + WITHIN
        while not true():
            assert time.monotonic() < deadline_s
            for key, ready in self.selector.select(0.01):
                key.data.handle(ready)

    def close(self) -> None:
        self.client.reset()
        for each in (self.server, self._door, self.selector):
            each.close()


@pytest.fixture
def tcp() -> Iterator[Scene]:
    scene = Scene(tcp=True)
    yield scene
    scene.close()


@pytest.fixture
def ws() -> Iterator[Scene]:
    scene = Scene(tcp=False)
    yield scene
    scene.close()


def frame(opcode: int, body: bytes) -> bytes:
    return bytes((0x80 | opcode, len(body))) + body


def test_client_comes_in_with_its_welcome(tcp: Scene) -> None:
    """A client joins until it is welcomed, and has the name that the welcome tells."""
    assert tcp.client.state == JOINING

    tcp.server.sendall(b"* you are anna\r\n* online (1): anna\n")
    tcp.until(lambda: len(tcp.told.lines) == 2)

    assert (tcp.client.state, tcp.client.name, tcp.told.arrived) == (IN, "anna", [7])
    assert tcp.told.lines[0] == b"* you are anna"


@pytest.mark.parametrize("tcp_door", [True, False])
def test_client_without_welcome_is_in_when_it_is_connected(tcp_door: bool) -> None:
    """At a server without a welcome, the connection or the handshake is enough."""
    scene = Scene(tcp=tcp_door, welcome=False)

    scene.until(lambda: scene.client.state == IN)

    assert scene.client.open
    scene.close()


def test_frames_are_heard_and_pings_answered(ws: Scene) -> None:
    """A text can be several lines, or in fragments; a ping is answered."""
    ws.server.sendall(frame(TEXT, b"* you are anna") + frame(TEXT, b"a\nb") + frame(PING, b"now"))
    ws.server.sendall(b"\x01\x02fr" + b"\x80\x03agm")
    ws.until(lambda: len(ws.told.lines) == 4)

    assert ws.told.lines[1:] == [b"a", b"b", b"fragm"]
    assert ws.server.recv(2)[0] == 0x80 | PONG


def test_close_frame_gives_code_and_reason(ws: Scene) -> None:
    """The code and the reason of the server's close frame are told, and the close is answered."""
    ws.server.sendall(frame(TEXT, b"* you are anna"))
    ws.server.sendall(frame(CLOSE, (1008).to_bytes(2, "big") + b"why"))
    ws.until(lambda: not ws.client.open and ws.client.state == IN)
    assert ws.server.recv(2)[0] == 0x80 | CLOSE

    ws.server.close()
    ws.until(lambda: ws.told.ended)

    assert ws.told.ended == [(1008, "why")]


def test_last_error_is_the_reason(tcp: Scene) -> None:
    """At a TCP door the last error line is the reason for the end."""
    tcp.server.sendall(b"* you are anna\n! timed out: bye\n")
    tcp.server.close()
    tcp.until(lambda: tcp.told.ended)

    assert tcp.told.ended == [(None, "timed out: bye")]
    assert tcp.client.state == GONE


def test_stalled_client_reads_later(tcp: Scene) -> None:
    """A stalled client reads nothing; what came meanwhile is read when it is woken."""
    tcp.server.sendall(b"* you are anna\n")
    tcp.until(lambda: tcp.client.state == IN)
    tcp.client.stall()
    tcp.server.sendall(b"hello\n")
    assert tcp.selector.select(0) == []
    assert tcp.client.state == STALLED

    tcp.client.wake()
    tcp.until(lambda: tcp.told.lines[-1] == b"hello")


def test_end_of_a_stalled_client_is_found(tcp: Scene) -> None:
    """If the server resets the connection of a stalled client, a look finds that."""
    tcp.server.sendall(b"* you are anna\n")
    tcp.until(lambda: tcp.client.state == IN)
    tcp.client.stall()
    tcp.server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    tcp.server.close()

    tcp.client.look(time.monotonic_ns())
    assert tcp.client.state == GONE


def test_server_that_lets_nobody_in_is_given_up(tcp: Scene) -> None:
    """A client that is not let in within ten seconds is gone."""
    tcp.client.look(time.monotonic_ns() + 11 * 10**9)

    assert tcp.told.ended == [(None, "the server did not let it in within 10 s")]


def test_server_that_lets_nobody_go_is_given_up(tcp: Scene) -> None:
    """A client that leaves ends its side, and waits two seconds for the server's end."""
    tcp.server.sendall(b"* you are anna\n")
    tcp.until(lambda: tcp.client.state == IN)

    tcp.client.leave()
    assert tcp.server.recv(10) == b""
    tcp.client.look(time.monotonic_ns() + 3 * 10**9)

    assert tcp.told.ended == [(None, "left")]


def test_silent_client_keeps_its_place(tcp: Scene) -> None:
    """At a TCP door a client says something now and then, or it would time out."""
    tcp.server.sendall(b"* you are anna\n")
    tcp.until(lambda: tcp.client.state == IN)

    tcp.client.look(time.monotonic_ns() + 101 * 10**9)

    assert tcp.server.recv(100) == b"/help\n"


def test_bytes_that_the_socket_does_not_take_are_sent_later(tcp: Scene) -> None:
    """Saying never waits: the rest stays in the queue until the socket takes it."""
    tcp.server.sendall(b"* you are anna\n")
    tcp.until(lambda: tcp.client.state == IN)
    line = b"x" * 10_000_000
    tcp.client.send_line(line)
    assert tcp.client.queued_bytes > 0

    received = 0
    while received < len(line) + 1:
        received += len(tcp.server.recv(1 << 20))
        for key, ready in tcp.selector.select(0):
            key.data.handle(ready)

    assert tcp.client.queued_bytes == 0
