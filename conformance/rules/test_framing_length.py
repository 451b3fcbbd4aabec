"""Rules of the area ``framing``: how long a line may be."""

from collections.abc import Iterator

import pytest

from conformance import (
    Client,
    ClientFactory,
    Connect,
    ConnectionEnded,
    Door,
    Server,
    WebSocketClient,
    rule,
    settings,
)
from conformance.frames import CONTINUATION, TEXT, encode_frame
from conformance.rules.pauses import let_the_server_read


MIB = 1 << 20
MAX_LINE = 4096  # the default, in bytes


@rule("framing.limit")
@pytest.mark.parametrize("character", ["x", "é", "😀"])
def test_longest_line_is_delivered_whole(clients: ClientFactory, character: str) -> None:
    """A line of exactly ``max_line`` bytes reaches everyone whole, in any script."""
    anna, ben = clients("anna", "ben")
    line = character * (MAX_LINE // len(character.encode()))

    ben.say(line, "next")

    for client in (anna, ben):
        client.expect(f"ben: {line}", "ben: next")


@rule("framing.limit")
@settings(max_line=200_000)
def test_limit_is_the_one_that_was_set(clients: ClientFactory) -> None:
    """No other limit, of a buffer or a library, is lower than ``max_line``."""
    anna, ben = clients("anna", "ben")
    line = "x" * 200_000

    ben.say(line, "next")

    for client in (anna, ben):
        client.expect(f"ben: {line}", "ben: next")


@rule("framing.too-long")
def test_line_one_byte_too_long_is_refused(clients: ClientFactory) -> None:
    """A line one byte over ``max_line`` gets an error, and the next line is delivered."""
    (anna,) = clients("anna")

    anna.say("x" * (MAX_LINE + 1), "next")

    anna.expect(f"! line too long (max {MAX_LINE} bytes)", "anna: next")


@rule("framing.too-long")
def test_too_long_counts_bytes(clients: ClientFactory) -> None:
    """The limit counts bytes, not characters."""
    (anna,) = clients("anna")

    anna.say("é" * (MAX_LINE // 2) + "x", "next")

    anna.expect(f"! line too long (max {MAX_LINE} bytes)", "anna: next")


@rule("framing.too-long")
@settings(max_line=50)
def test_error_names_the_limit_in_force(clients: ClientFactory) -> None:
    """The error names the limit that was set, and that limit holds."""
    (anna,) = clients("anna")

    anna.say("x" * 50, "x" * 51)

    anna.expect(f"anna: {'x' * 50}", "! line too long (max 50 bytes)")


@rule("framing.too-long")
def test_too_long_line_is_refused_before_its_end(clients: ClientFactory) -> None:
    """A line is refused, once, at the moment it passes the limit, however much follows."""
    anna, ben = clients("anna", "ben")

    for _ in range(5):  # no piece is too long by itself
        anna.send_raw(b"x" * 1000)
        let_the_server_read(ben)
    anna.expect(f"! line too long (max {MAX_LINE} bytes)")

    anna.send_raw(b"x" * 10_000 + b"\r\n")
    anna.expect_nothing_but(anna.send_fence())


@rule("framing.too-long")
def test_too_long_lines_are_refused_one_by_one(clients: ClientFactory) -> None:
    """Of many lines in one write, each that is too long gets one error, and no other line does."""
    (anna,) = clients("anna")
    too_long = "x" * (2 * MAX_LINE)

    anna.say(too_long, too_long, "short", too_long, "short too")

    error = f"! line too long (max {MAX_LINE} bytes)"
    lines = anna.lines_until("anna: short too")
    assert sorted(lines) == [error, error, error, "anna: short"]


@rule("framing.too-long")
def test_nothing_of_a_too_long_line_is_said(clients: ClientFactory) -> None:
    """No part of a line that is too long reaches anyone."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"x" * (MAX_LINE + 1))
    let_the_server_read(anna)
    ben.send_raw(b"* anna left\n")
    fence = ben.send_fence()

    anna.expect_nothing_but(fence)


@rule("framing.too-long-close")
def test_message_one_byte_too_long_is_closed(clients: ClientFactory, connect: Connect) -> None:
    """A message one byte over ``max_line`` is closed with 1009, and nobody gets any of it."""
    (anna,) = clients("anna")
    client: WebSocketClient = connect()

    client.say("x" * (MAX_LINE + 1))

    assert client.expect_end().code == 1009
    anna.expect(f"* {client.name} joined", f"* {client.name} left")


@rule("framing.too-long-close")
def test_too_long_counts_bytes_of_a_message(connect: Connect) -> None:
    """The limit for a message counts bytes, not characters."""
    client: WebSocketClient = connect()

    client.say("é" * (MAX_LINE // 2) + "x")

    assert client.expect_end().code == 1009


@rule("framing.too-long-close")
def test_fragments_are_counted_together(clients: ClientFactory, connect: Connect) -> None:
    """A message in many short frames is too long when their sum is."""
    (anna,) = clients("anna")
    client: WebSocketClient = connect()

    client.send_raw(b"".join(_fragments(b"x" * (MAX_LINE + 1), of_bytes=100)))

    assert client.expect_end().code == 1009
    anna.expect(f"* {client.name} joined", f"* {client.name} left")


@rule("framing.too-long-close")
def test_fragments_up_to_the_limit_are_no_offence(clients: ClientFactory) -> None:
    """The count begins anew with each message."""
    anna, ben = clients("anna", "ben")
    line = "x" * MAX_LINE

    for _ in range(3):
        ben.send_raw(b"".join(_fragments(line.encode(), of_bytes=1000)))

    anna.expect(*(3 * [f"ben: {line}"]))


@rule("framing.bounded")
def test_line_without_end_costs_no_memory(
    server: Server, clients: ClientFactory, connect: Connect
) -> None:
    """However much comes of one line or one message, the server's memory stays as it was."""
    (anna,) = clients("anna")
    client: Client = connect("ben")

    growth_bytes = _growth_while(server, client, _endless_line(client))

    assert growth_bytes < 16 * MIB
    _expect_refused_for_length(client)
    anna.wait_for(anna.send_fence())


@rule("framing.bounded")
def test_message_in_endless_frames_costs_no_memory(
    server: Server, connect: Connect, door: Door
) -> None:
    """However many frames a message has, the server's memory stays as it was."""
    if door == "tcp":
        pytest.skip("a line has no frames")
    client: WebSocketClient = connect("ben")

    frames = _fragments(b"x" * (64 * MIB), of_bytes=MAX_LINE)
    growth_bytes = _growth_while(server, client, frames)

    assert growth_bytes < 16 * MIB
    _expect_refused_for_length(client)


def _fragments(payload: bytes, *, of_bytes: int) -> Iterator[bytes]:
    """Yield the frames of one message, with that many bytes of it in each."""
    for start in range(0, len(payload), of_bytes):
        piece = payload[start : start + of_bytes]
        last = start + of_bytes >= len(payload)
        yield encode_frame(TEXT if start == 0 else CONTINUATION, piece, fin=last)


def _endless_line(client: Client) -> Iterator[bytes]:
    """Yield 64 MiB of one line; at the WebSocket door, of one frame that announces them."""
    if client.door == "ws":
        yield b"\x81\xff" + (64 * MIB).to_bytes(8, "big") + b"\0\0\0\0"  # masked with zeros
    for _ in range(64):
        yield b"x" * MIB


def _growth_while(server: Server, client: Client, pieces: Iterator[bytes]) -> int:
    """Send pieces while the connection is open; return how much the server grew, at most."""
    before_bytes = most_bytes = server.rss_bytes()
    sent_bytes = sampled_bytes = 0
    for piece in pieces:
        if client.end is not None:
            break
        try:
            client.send_raw(piece)
        except ConnectionEnded:
            break
        sent_bytes += len(piece)
        if sent_bytes - sampled_bytes >= 2 * MIB:
            sampled_bytes = sent_bytes
            most_bytes = max(most_bytes, server.rss_bytes())
    return max(most_bytes, server.rss_bytes()) - before_bytes


def _expect_refused_for_length(client: Client) -> None:
    """Check that a client that said too much gets an error, or at ``ws`` the end."""
    __tracebackhide__ = True
    if client.door == "ws":
        assert client.expect_end().code == 1009
    else:
        client.expect(f"! line too long (max {MAX_LINE} bytes)")
        client.send_raw(b"\nnext\n")
        client.expect(f"{client.name}: next")


@rule("framing.too-long")
def test_carriage_return_of_a_last_line_counts_as_length(clients: ClientFactory) -> None:
    """A last line of ``max_line`` bytes and a CR is one byte too long: the CR ends no line."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"x" * MAX_LINE + b"\r")
    let_the_server_read(anna)
    ben.half_close()

    ben.expect(f"! line too long (max {MAX_LINE} bytes)")
    anna.expect("* ben left")


@rule("framing.too-long")
def test_carriage_return_inside_a_line_counts_as_length(clients: ClientFactory) -> None:
    """Only the CR right before the LF is not counted; all others are part of the line."""
    (anna,) = clients("anna")
    line = b"\r" * 10 + b"x" * (MAX_LINE - 10)

    anna.send_raw(line + b"x\r\n" + line + b"\r\n")

    anna.expect(
        f"! line too long (max {MAX_LINE} bytes)", f"anna: {' ' * 10}{'x' * (MAX_LINE - 10)}"
    )
