"""The client of the WebSocket door: the handshake, frames, and close codes."""

import pytest

from conformance.expectations import Mismatch
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
from conformance.http_requests import Refused
from conformance.timing import TICK
from conformance.websocket_client import WebSocketClient
from tests.conformance.by_hand import Stage


SOON = TICK / 2  # seconds; for a wait that is meant to fail


def test_line_is_one_masked_text_frame(stage: Stage) -> None:
    """At the WebSocket door a line is one masked text frame."""
    anna, server = stage.ws()

    anna.say("hi")
    head, mask, payload = server.recv(2), server.recv(4), server.recv(2)

    assert head == b"\x81\x82"
    assert bytes(a ^ b for a, b in zip(payload, mask, strict=False)) == b"hi"


def test_fragments_are_one_line(stage: Stage) -> None:
    """A message in parts, with a ping between them, is one line."""
    anna, server = stage.ws()

    server.sendall(_frame(TEXT, b"he", fin=False))
    server.sendall(_frame(PING, b"?"))
    server.sendall(_frame(CONTINUATION, b"llo"))

    anna.expect("hello")


def test_ping_is_answered_unless_told_not_to(stage: Stage) -> None:
    """A client answers a ping with the ping's bytes."""
    anna, server = stage.ws()

    server.sendall(_frame(PING, b"abc"))

    assert anna.next_ping() == b"abc"
    assert server.recv(2) == bytes([0x80 | PONG, 0x80 | 3])


def test_close_code_is_reported(stage: Stage) -> None:
    """The end has the code and the reason of the close frame."""
    anna, server = stage.ws()

    server.sendall(_frame(CLOSE, close_payload(1013, "too slow")))
    server.recv(4096)
    server.close()
    end = anna.expect_end()

    assert (end.how, end.code, end.reason) == ("eof", 1013, "too slow")
    assert str(end) == "was closed with 1013 (too slow)"


def test_close_frame_without_an_end_is_told(stage: Stage) -> None:
    """A server that sends a close frame and keeps the connection open is found out."""
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
    """A frame that RFC 6455 forbids to servers ends the connection, and is named."""
    anna, server = stage.ws()

    server.sendall(data)
    end = anna.expect_end()

    assert end.how == "violation"
    assert what in end.reason


def test_refused_handshake_carries_its_status(stage: Stage) -> None:
    """A handshake that is answered with another status raises that status."""
    stage.answer_one(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull")

    with pytest.raises(Refused) as refused:
        WebSocketClient(stage.address)

    assert refused.value.status == 503
    assert refused.value.response.body == b"full"


def test_handshake_with_a_wrong_key_is_refused(stage: Stage) -> None:
    """A server has to prove that it has read the key."""
    stage.answer_one(b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n")

    with pytest.raises(Mismatch, match="no Sec-WebSocket-Accept that matches"):
        WebSocketClient(stage.address)


def _frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """Return a frame as a server sends it."""
    return encode_frame(opcode, payload, fin=fin, masked=False)
