"""Rules of the area ``framing``: bytes that are not text."""

import pytest

from conformance import (
    ClientFactory,
    Connect,
    WebSocketClient,
    rule,
)
from conformance.frames import BINARY, CONTINUATION, TEXT, encode_frame


NOT_UTF8 = [
    b"\xff",
    b"\xfe\xffhi",
    b"caf\xe9",  # Latin-1
    b"\x80 a tail without its head",
    b"a head without its tail \xe2\x82",
    b"\xc0\xaf",  # a slash in more bytes than it needs
    b"\xed\xa0\x80",  # half of a surrogate pair
    b"\xf4\x90\x80\x80",  # past the last code point
    b"/say \xff",
    b"/rename \xff",
]


@rule("framing.not-utf8")
def test_line_that_is_not_utf8_is_refused(clients: ClientFactory) -> None:
    """A line that is not UTF-8 gets an error, and the connection goes on with the next line."""
    (anna,) = clients("anna")

    for line in NOT_UTF8:
        anna.send_raw(line + b"\nnext\n")

        anna.expect("! not UTF-8", "anna: next")


@rule("framing.not-utf8")
def test_nobody_else_hears_of_a_line_that_is_not_utf8(clients: ClientFactory) -> None:
    """A line that is not UTF-8 reaches nobody, not even in part."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"\n".join([*NOT_UTF8, b""]))
    fence = ben.send_fence()

    anna.expect_nothing_but(fence)


@rule("framing.not-utf8-close")
def test_message_that_is_not_utf8_is_closed(clients: ClientFactory, connect: Connect) -> None:
    """A text message that is not UTF-8 is closed with 1007, and reaches nobody."""
    (anna,) = clients("anna")

    for payload in NOT_UTF8:
        client: WebSocketClient = connect()
        client.send_frame(TEXT, payload)

        assert client.expect_end().code == 1007
        anna.expect(f"* {client.name} joined", f"* {client.name} left")


@rule("framing.not-utf8-close")
def test_fragments_that_are_not_utf8_together_are_closed(connect: Connect) -> None:
    """A character that begins in one frame and does not go on in the next is closed with 1007."""
    client: WebSocketClient = connect()

    client.send_frame(TEXT, b"\xe2\x82", fin=False)
    client.send_frame(CONTINUATION, b"(")

    assert client.expect_end().code == 1007


@rule("framing.binary-close")
@pytest.mark.parametrize("payload", [b"hello", b"", b"\xff\xfe"])
def test_binary_message_is_closed(clients: ClientFactory, connect: Connect, payload: bytes) -> None:
    """A binary message is closed with 1003, whatever it contains, and reaches nobody."""
    (anna,) = clients("anna")
    client: WebSocketClient = connect()

    client.send_frame(BINARY, payload)

    assert client.expect_end().code == 1003
    anna.expect(f"* {client.name} joined", f"* {client.name} left")


@rule("framing.binary-close")
def test_fragmented_binary_message_is_closed(connect: Connect) -> None:
    """A binary message in many frames is closed with 1003 too."""
    client: WebSocketClient = connect()

    client.send_raw(encode_frame(BINARY, b"hel", fin=False) + encode_frame(CONTINUATION, b"lo"))

    assert client.expect_end().code == 1003
