"""The suite's clients say what they expected and what came, and miss nothing.

Each test plays the server itself, over a real connection.
"""

import socket
import struct

import pytest

from conformance.expectations import ConnectionEnded, Mismatch
from conformance.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close_payload,
    encode_frame,
)
from conformance.tcp_client import TcpClient
from conformance.timing import TICK
from conformance.websocket_client import Refused, WebSocketClient
from tests.conformance.by_hand import Stage


SOON = TICK / 2  # seconds; for a wait that is meant to end in vain


def test_line_arrives_however_it_is_cut(stage: Stage) -> None:
    """Lines are the same, whole, in pieces or many at once."""
    anna, server = stage.tcp()

    for piece in (b"on", b"e\ntw", b"o\nthree\n"):
        server.sendall(piece)

    anna.expect("one", "two", "three")


def test_wrong_line_is_shown_beside_the_right_one(stage: Stage) -> None:
    """The message names the client, what it expected and what it got."""
    anna, server = stage.tcp()
    server.sendall(b"ben: ho\n")

    with pytest.raises(Mismatch, match=r"^anna expected 'ben: hi' and got 'ben: ho'$"):
        anna.expect("ben: hi")


def test_missing_line_is_shown_with_all_that_came(stage: Stage) -> None:
    """A wait in vain says how long it was and what came meanwhile."""
    anna, server = stage.tcp()
    server.sendall(b"one\ntwo\n")

    with pytest.raises(
        Mismatch, match=rf"^anna waited {SOON:g} s for 'three' and got 'one', 'two'$"
    ):
        anna.wait_for("three", within=SOON)


def test_lines_before_a_fence_are_found(stage: Stage) -> None:
    """What comes before the fence is shown, though nobody waited for it."""
    anna, server = stage.tcp()
    fence = anna.send_fence()
    server.sendall(f"* ben left\nanna: {fence.marker}\n".encode())

    with pytest.raises(Mismatch, match=r"got '\* ben left'$"):
        anna.expect_nothing_but(fence)


def test_name_follows_what_the_room_says(stage: Stage) -> None:
    """A client knows the name it has in the room."""
    anna, server = stage.tcp()

    server.sendall(b"* you are 127.0.0.1:9\n* 127.0.0.1:9 is now anna\n* ben is now zoe\n")
    anna.wait_for("* ben is now zoe")

    assert anna.name == "anna"


def test_end_of_stream_is_told_from_a_reset(stage: Stage) -> None:
    """An orderly end and a reset are different ends."""
    anna, orderly = stage.tcp()
    ben, rude = stage.tcp()

    orderly.close()
    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    rude.close()

    assert anna.expect_end().how == "eof"
    assert ben.expect_end().how == "reset"


def test_waiting_ends_with_the_connection(stage: Stage) -> None:
    """Nobody waits for a line that can no longer come."""
    anna, server = stage.tcp()

    server.close()

    with pytest.raises(ConnectionEnded, match="the connection ended; it got nothing"):
        anna.next_line()


def test_line_before_the_end_is_not_overlooked(stage: Stage) -> None:
    """Expecting the end fails where a line came first."""
    anna, server = stage.tcp()

    server.sendall(b"* one more\n")
    server.close()

    with pytest.raises(Mismatch, match=r"expected the end and got '\* one more'"):
        anna.expect_end()


def test_last_line_without_its_end_is_a_violation(stage: Stage) -> None:
    """A server owes every line its terminator."""
    anna, server = stage.tcp()

    server.sendall(b"half a li")
    server.close()

    assert anna.expect_end().how == "violation"


def test_clogged_client_reads_nothing_until_it_resumes(stage: Stage) -> None:
    """After clog() the kernel holds what comes; after resume() nothing of it is lost."""
    anna, server = stage.tcp()
    anna.clog()
    server.sendall(b"waiting\n")

    with pytest.raises(Mismatch, match="has stopped reading"):
        anna.next_line(within=SOON)
    held = anna.unread_bytes()
    anna.resume()

    assert held == len(b"waiting\n")
    anna.expect("waiting")


def test_clogged_client_makes_the_server_wait(stage: Stage) -> None:
    """The kernel takes only so much for a client that does not read."""
    anna, server = stage.tcp()
    anna.clog()
    server.setblocking(False)

    with pytest.raises(BlockingIOError):
        _send_for_ever(server)

    assert anna.unread_bytes() > 0


def test_server_that_does_not_read_is_not_waited_for_for_ever(stage: Stage) -> None:
    """Saying too much to a server that reads nothing ends with a sentence."""
    anna, _server = stage.tcp()

    with pytest.raises(Mismatch, match=r"could not send .* the server does not read"):
        anna.say("x" * 50_000_000, within=SOON)


def test_line_is_one_masked_text_frame(stage: Stage) -> None:
    """At the WebSocket door a line is a masked text frame."""
    anna, server = stage.ws()

    anna.say("hi")
    head, mask, payload = server.recv(2), server.recv(4), server.recv(2)

    assert head == b"\x81\x82"
    assert bytes(a ^ b for a, b in zip(payload, mask, strict=False)) == b"hi"


def test_fragments_are_one_line(stage: Stage) -> None:
    """A message in parts, a ping between them, is one line."""
    anna, server = stage.ws()

    server.sendall(_frame(TEXT, b"he", fin=False))
    server.sendall(_frame(PING, b"?"))
    server.sendall(_frame(CONTINUATION, b"llo"))

    anna.expect("hello")


def test_ping_is_answered_unless_told_not_to(stage: Stage) -> None:
    """A proper client answers a ping with its bytes."""
    anna, server = stage.ws()

    server.sendall(_frame(PING, b"abc"))

    assert anna.next_ping() == b"abc"
    assert server.recv(2) == bytes([0x80 | PONG, 0x80 | 3])


def test_close_code_is_reported(stage: Stage) -> None:
    """The end tells the code and the reason of the close frame."""
    anna, server = stage.ws()

    server.sendall(_frame(CLOSE, close_payload(1013, "too slow")))
    server.recv(4096)
    server.close()
    end = anna.expect_end()

    assert (end.how, end.code, end.reason) == ("eof", 1013, "too slow")
    assert str(end) == "was closed with 1013 (too slow)"


def test_close_frame_without_an_end_is_told(stage: Stage) -> None:
    """A server that sends a close frame and keeps the connection open is caught."""
    anna, server = stage.ws()

    server.sendall(_frame(CLOSE, close_payload(1000)))

    with pytest.raises(Mismatch, match=r"still open \(a close frame with 1000 has come\)"):
        anna.expect_end(within=SOON)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (bytes([0x81, 0x80, 1, 2, 3, 4]), "a masked frame"),
        (bytes([0xC1, 0]), "a reserved bit"),
        (bytes([0x83, 0]), "the reserved opcode 0x3"),
        (bytes([0x09, 0]), "fragmented or too long"),
        (bytes([0x80 | BINARY, 0]), "a binary message"),
        (bytes([0x81, 1, 0xFF]), "invalid start byte"),
    ],
)
def test_frame_that_no_server_may_send_is_a_violation(stage: Stage, data: bytes, what: str) -> None:
    """What RFC 6455 forbids a server ends the connection, and is named."""
    anna, server = stage.ws()

    server.sendall(data)
    end = anna.expect_end()

    assert end.how == "violation"
    assert what in end.reason


def test_refused_handshake_carries_its_status(stage: Stage) -> None:
    """A handshake that is answered with a status raises it."""
    stage.answer_one(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull")

    with pytest.raises(Refused) as refused:
        WebSocketClient(stage.address)

    assert refused.value.status == 503
    assert refused.value.response.body == b"full"


def test_handshake_with_a_wrong_key_is_refused(stage: Stage) -> None:
    """A server has to prove that it read the key."""
    stage.answer_one(b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n")

    with pytest.raises(Mismatch, match="no Sec-WebSocket-Accept that matches"):
        WebSocketClient(stage.address)


def test_nobody_listening_is_an_os_error(stage: Stage) -> None:
    """A connection that nobody accepts is no mismatch: a test may expect it."""
    address = stage.address
    stage.clear()

    with pytest.raises(ConnectionRefusedError):
        TcpClient(address)


def _frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """Return a frame as a server sends it."""
    return encode_frame(opcode, payload, fin=fin, masked=False)


def _send_for_ever(sock: socket.socket) -> None:
    while True:
        sock.send(b"x" * 65536)
