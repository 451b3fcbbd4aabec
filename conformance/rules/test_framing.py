"""Rules of the area ``framing``: which bytes are a line, and which lines are none."""

from collections.abc import Iterator
from typing import Any

import pytest

from conformance import (
    Client,
    ClientFactory,
    Connect,
    ConnectionEnded,
    Door,
    Server,
    TcpClient,
    WebSocketClient,
    rule,
    settings,
)
from conformance.frames import BINARY, CONTINUATION, TEXT, encode_frame


MIB = 1 << 20
MAX_LINE = 4096  # the default, in bytes

# Two, three and four bytes a character, a command, a line that is a command without a slash.
SAID = ["wörld 😀", "/say 日本", "rename|bén", "/help me"]
HEARD = ["anna: wörld 😀", "anna: 日本", "* anna is now bén"]


@rule("framing.chunks")
def test_line_may_be_cut_anywhere(clients: ClientFactory) -> None:
    """A line is the same line wherever it is cut in two, in the middle of a character too."""
    anna, ben = clients("anna", "ben")
    data = anna.encode("wörld 😀") + anna.encode("/say 日本")

    for cut in range(1, len(data)):
        anna.send_raw(data[:cut])
        _let_the_server_read(ben)
        anna.send_raw(data[cut:])

        anna.expect("anna: wörld 😀", "anna: 日本")


@rule("framing.chunks")
def test_lines_may_come_byte_by_byte(clients: ClientFactory) -> None:
    """Lines that come one byte at a time are the same lines."""
    anna, ben = clients("anna", "ben")

    for byte in b"".join(map(anna.encode, SAID)):
        anna.send_raw(bytes([byte]))
        _let_the_server_read(ben)

    anna.expect(*HEARD)


@rule("framing.chunks")
def test_many_lines_in_one_write_are_as_many_lines(clients: ClientFactory) -> None:
    """Lines that come all at once are as many lines, in their order."""
    anna, ben = clients("anna", "ben")
    numbers = [str(number) for number in range(200)]

    anna.say(*numbers)

    for client in (anna, ben):
        client.expect(*(f"anna: {number}" for number in numbers))


@rule("framing.chunks")
@pytest.mark.parametrize("piece_bytes", [1, MIB])
def test_what_comes_right_behind_the_opening_counts(
    clients: ClientFactory, connect: Connect, door: Door, piece_bytes: int
) -> None:
    """What a newcomer says without waiting for its welcome is heard, however it is cut."""
    anna, ben = clients("anna", "ben")
    newcomer = _bare(connect, door)
    data = (_HANDSHAKE if door == "ws" else b"") + b"".join(map(newcomer.encode, ("one", "two")))

    for start in range(0, len(data), piece_bytes):
        newcomer.send_raw(data[start : start + piece_bytes])
        _let_the_server_read(ben)

    name = newcomer.address
    anna.expect(f"* {name} joined", f"{name}: one", f"{name}: two")


@rule("framing.crlf")
def test_carriage_return_belongs_to_the_terminator(clients: ClientFactory) -> None:
    """Text and commands are the same whether a line ends with CR LF or with LF."""
    (anna,) = clients("anna")

    anna.send_raw(b"hello\r\nwho\r\n/who\r\nrename|zoe\r\n/say hello\r\n")

    anna.expect(
        "anna: hello",
        "* online (1): anna",
        "* online (1): anna",
        "* anna is now zoe",
        "zoe: hello",
    )


@rule("framing.crlf")
def test_terminator_may_be_cut_in_two(clients: ClientFactory) -> None:
    """A CR is part of the terminator even when its LF comes later."""
    anna, ben = clients("anna", "ben")

    anna.send_raw(b"hello\r")
    _let_the_server_read(ben)
    anna.send_raw(b"\n")

    anna.expect("anna: hello")


@rule("framing.crlf")
def test_no_other_carriage_return_belongs_to_the_terminator(clients: ClientFactory) -> None:
    """Only one CR is dropped, only right before the LF, and none of them ends a line."""
    (anna,) = clients("anna")

    anna.send_raw(b"one\r\r\ntwo\rtoo\n\rthree\r\n")

    anna.expect("anna: one ", "anna: two too", "anna:  three")


@rule("framing.crlf")
def test_carriage_return_does_not_count_as_length(clients: ClientFactory) -> None:
    """A line of exactly ``max_line`` bytes may end with CR LF."""
    anna, ben = clients("anna", "ben")
    line = "x" * MAX_LINE

    anna.send_raw(line.encode() + b"\r\n" + line.encode() + b"\r")
    _let_the_server_read(ben)
    anna.send_raw(b"\n")

    anna.expect(f"anna: {line}", f"anna: {line}")


@rule("framing.last-line")
def test_last_line_counts_without_its_end(clients: ClientFactory, connect: Connect) -> None:
    """What a client has said when its stream ends is a line, for a speaker in a hurry too."""
    (anna,) = clients("anna")

    for last_line in (b"goodbye", b"one\ntwo", "été".encode(), b"/say who"):
        client: TcpClient = connect()
        name = client.name
        client.send_raw(last_line)
        client.half_close()

        text = last_line.decode().removeprefix("/say ")
        anna.expect(f"* {name} joined", *(f"{name}: {line}" for line in text.split("\n")))
        anna.expect(f"* {name} left")


@rule("framing.last-line")
def test_last_line_may_be_a_command(clients: ClientFactory) -> None:
    """A last line without its end is obeyed as any other."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"/rename zoe")
    ben.half_close()

    anna.expect("* ben is now zoe", "* zoe left")


@rule("framing.last-line")
def test_stream_that_ends_after_a_terminator_has_no_last_line(clients: ClientFactory) -> None:
    """The end of the stream is no line of its own."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"goodbye\n")
    ben.half_close()

    anna.expect("ben: goodbye", "* ben left")


@rule("framing.empty")
def test_empty_line_is_ignored(clients: ClientFactory) -> None:
    """An empty line reaches nobody, and its speaker hears nothing of it either."""
    anna, ben = clients("anna", "ben")

    ben.say("", "", "")
    if ben.door == "tcp":
        ben.send_raw(b"\r\n\n\r\n")
    else:
        ben.send_frame(TEXT, b"", fin=False)
        ben.send_frame(CONTINUATION, b"")
    fence = ben.send_fence()

    for client in (anna, ben):
        client.expect_nothing_but(fence)


CONTROLS = [chr(point) for point in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)]
NEIGHBOURS = "a\xa0b\xadc\u200bd\u200de\u202ef\u2066g\u3000h\ufeffi\ue000j"


@rule("framing.control")
def test_control_inside_a_line_becomes_a_space(clients: ClientFactory) -> None:
    """Each control character and line break between two letters becomes one space."""
    anna, ben = clients("anna", "ben")

    for control in _controls(ben.door):
        ben.say(f"a{control}b", f"{control}a{control}{control}b")

        anna.expect("ben: a b", "ben:  a  b")


@rule("framing.control")
def test_control_at_the_end_of_a_line_becomes_a_space(clients: ClientFactory) -> None:
    """A control character at the end of a line, where it ends no line, becomes a space."""
    anna, ben = clients("anna", "ben")

    for control in _controls(ben.door):
        if not (ben.door == "tcp" and control == "\r"):
            ben.say(f"a{control}")

            anna.expect("ben: a ")


@rule("framing.control")
def test_control_comes_back_in_no_answer(clients: ClientFactory) -> None:
    """Neither an error nor any other answer to its sender holds a control character."""
    (anna,) = clients("anna")

    for control in _controls(anna.door):
        for start in ("/da", "/rename a", "/say ", "rename|"):
            anna.say(f"{start}{control}nce")
    fence = anna.send_fence()

    answers = anna.lines_until(fence)
    assert len(answers) == 4 * len(_controls(anna.door))
    assert [answer for answer in answers if set(answer) & set(CONTROLS)] == []


@rule("framing.control")
def test_nothing_else_becomes_a_space(clients: ClientFactory) -> None:
    """Other invisible characters, spaces of all widths and joiners, are text."""
    anna, ben = clients("anna", "ben")

    ben.say(NEIGHBOURS)

    anna.expect(f"ben: {NEIGHBOURS}")


@rule("framing.limit")
@pytest.mark.parametrize("character", ["x", "é", "😀"])
def test_longest_line_is_delivered_whole(clients: ClientFactory, character: str) -> None:
    """A line of exactly ``max_line`` bytes, whatever its characters, reaches everyone."""
    anna, ben = clients("anna", "ben")
    line = character * (MAX_LINE // len(character.encode()))

    ben.say(line, "next")

    for client in (anna, ben):
        client.expect(f"ben: {line}", "ben: next")


@rule("framing.limit")
@settings(max_line=200_000)
def test_limit_is_the_one_that_was_set(clients: ClientFactory) -> None:
    """No other limit, of a buffer or a library, stands below ``max_line``."""
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
    """A line of too many bytes is too long, however few its characters."""
    (anna,) = clients("anna")

    anna.say("é" * (MAX_LINE // 2) + "x", "next")

    anna.expect(f"! line too long (max {MAX_LINE} bytes)", "anna: next")


@rule("framing.too-long")
@settings(max_line=50)
def test_error_names_the_limit_in_force(clients: ClientFactory) -> None:
    """The error tells the limit that was set, which is the one that holds."""
    (anna,) = clients("anna")

    anna.say("x" * 50, "x" * 51)

    anna.expect(f"anna: {'x' * 50}", "! line too long (max 50 bytes)")


@rule("framing.too-long")
def test_too_long_line_is_refused_before_its_end(clients: ClientFactory) -> None:
    """A line is refused the moment it passes the limit, once, whatever still comes of it."""
    anna, ben = clients("anna", "ben")

    for _ in range(5):  # no piece is too long by itself
        anna.send_raw(b"x" * 1000)
        _let_the_server_read(ben)
    anna.expect(f"! line too long (max {MAX_LINE} bytes)")

    anna.send_raw(b"x" * 10_000 + b"\r\n")
    anna.expect_nothing_but(anna.send_fence())


@rule("framing.too-long")
def test_too_long_lines_are_refused_one_by_one(clients: ClientFactory) -> None:
    """Of many lines in one write each that is too long gets its own error, and no other does."""
    (anna,) = clients("anna")
    too_long = "x" * (2 * MAX_LINE)

    anna.say(too_long, too_long, "short", too_long, "short too")

    error = f"! line too long (max {MAX_LINE} bytes)"
    lines = anna.lines_until("anna: short too")
    assert sorted(lines) == [error, error, error, "anna: short"]


@rule("framing.too-long")
def test_nothing_of_a_too_long_line_is_said(clients: ClientFactory) -> None:
    """Neither the beginning nor the rest of a line that is too long reaches anyone."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"x" * (MAX_LINE + 1))
    _let_the_server_read(anna)
    ben.send_raw(b"* anna left\n")
    fence = ben.send_fence()

    anna.expect_nothing_but(fence)


@rule("framing.too-long-close")
def test_message_one_byte_too_long_is_closed(clients: ClientFactory, connect: Connect) -> None:
    """A message one byte over ``max_line`` is closed with 1009, and nobody hears of it."""
    (anna,) = clients("anna")
    client: WebSocketClient = connect()

    client.say("x" * (MAX_LINE + 1))

    assert client.expect_end().code == 1009
    anna.expect(f"* {client.name} joined", f"* {client.name} left")


@rule("framing.too-long-close")
def test_too_long_counts_bytes_of_a_message(connect: Connect) -> None:
    """A message of too many bytes is too long, however few its characters."""
    client: WebSocketClient = connect()

    client.say("é" * (MAX_LINE // 2) + "x")

    assert client.expect_end().code == 1009


@rule("framing.too-long-close")
def test_fragments_are_counted_together(clients: ClientFactory, connect: Connect) -> None:
    """A message in many frames, none of them too long, is too long by their sum."""
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
    """A line that is not UTF-8 gets an error, and the connection goes on with the next."""
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
    """A binary message is closed with 1003, whatever it holds, and reaches nobody."""
    (anna,) = clients("anna")
    client: WebSocketClient = connect()

    client.send_frame(BINARY, payload)

    assert client.expect_end().code == 1003
    anna.expect(f"* {client.name} joined", f"* {client.name} left")


@rule("framing.binary-close")
def test_fragmented_binary_message_is_closed(connect: Connect) -> None:
    """A binary message in many frames is one too."""
    client: WebSocketClient = connect()

    client.send_raw(encode_frame(BINARY, b"hel", fin=False) + encode_frame(CONTINUATION, b"lo"))

    assert client.expect_end().code == 1003


_HANDSHAKE = "\r\n".join(
    [
        "GET /ws HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
        "",
        "",
    ]
).encode()


def _bare(connect: Connect, door: Door) -> Client:
    """Return a connection on which nothing was said yet."""
    options: dict[str, Any] = {"handshake": False} if door == "ws" else {}
    client: Client = connect(welcome=False, **options)
    return client


def _let_the_server_read(other: Client) -> None:
    """Return when the server has had every reason to read what was sent before.

    The answer to a question that was asked later, by somebody else, is there. A server that
    reads its clients in another order only makes the test weaker.
    """
    __tracebackhide__ = True
    other.say("/who")
    other.wait_for(lambda line: line.startswith("* online ("))


def _controls(door: Door) -> list[str]:
    """Return the control characters that can be inside a line at a door."""
    return [control for control in CONTROLS if not (door == "tcp" and control == "\n")]


def _fragments(payload: bytes, *, of_bytes: int) -> Iterator[bytes]:
    """Yield the frames of one message, each with that much of it."""
    for start in range(0, len(payload), of_bytes):
        piece = payload[start : start + of_bytes]
        last = start + of_bytes >= len(payload)
        yield encode_frame(TEXT if start == 0 else CONTINUATION, piece, fin=last)


def _endless_line(client: Client) -> Iterator[bytes]:
    """Yield 64 MiB of a line, or of the one frame that announces them."""
    if client.door == "ws":
        yield b"\x81\xff" + (64 * MIB).to_bytes(8, "big") + b"\0\0\0\0"  # masked with zeros
    for _ in range(64):
        yield b"x" * MIB


def _growth_while(server: Server, client: Client, pieces: Iterator[bytes]) -> int:
    """Send pieces while the connection stands, and return by how much the server grew at most."""
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
    """Check what becomes of a client that said more than it may: an error, or the end."""
    __tracebackhide__ = True
    if client.door == "ws":
        assert client.expect_end().code == 1009
    else:
        client.expect(f"! line too long (max {MAX_LINE} bytes)")
        client.send_raw(b"\nnext\n")
        client.expect(f"{client.name}: next")
