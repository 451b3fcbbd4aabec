"""Rules of the area ``framing``: where a line begins and ends."""

import contextlib
import unicodedata
from typing import Any

import pytest

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    ConnectionEnded,
    Door,
    TcpClient,
    rule,
)
from conformance.frames import CONTINUATION, HANDSHAKE, TEXT
from conformance.rules.pauses import let_the_server_read
from conformance.rules.unseen import UNSEEN


MIB = 1 << 20
MAX_LINE = 4096  # the default, in bytes

# Characters of two, three and four bytes; a command; a command without a slash.
SAID = ["wörld 😀", "/say 日本", "rename|bén", "/help me"]
HEARD = ["anna: wörld 😀", "anna: 日本", "* anna is now bén"]


@rule("framing.chunks")
def test_line_may_be_cut_anywhere(clients: ClientFactory) -> None:
    """A line is the same line wherever it is cut in two, even in the middle of a character."""
    anna, ben = clients("anna", "ben")
    data = anna.encode("wörld 😀") + anna.encode("/say 日本")

    for cut in range(1, len(data)):
        anna.send_raw(data[:cut])
        let_the_server_read(ben)
        anna.send_raw(data[cut:])

        anna.expect("anna: wörld 😀", "anna: 日本")


@rule("framing.chunks")
def test_lines_may_come_byte_by_byte(clients: ClientFactory) -> None:
    """Lines that come one byte at a time are the same lines."""
    anna, ben = clients("anna", "ben")

    for byte in b"".join(map(anna.encode, SAID)):
        anna.send_raw(bytes([byte]))
        let_the_server_read(ben)

    anna.expect(*HEARD)


@rule("framing.chunks")
def test_many_lines_in_one_write_are_as_many_lines(clients: ClientFactory) -> None:
    """Many lines in one write are as many lines, in their order."""
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
    """What a newcomer says before it has its welcome is heard, however it is cut."""
    anna, ben = clients("anna", "ben")
    newcomer = _bare(connect, door)
    data = (HANDSHAKE if door == "ws" else b"") + b"".join(map(newcomer.encode, ("one", "two")))

    for start in range(0, len(data), piece_bytes):
        newcomer.send_raw(data[start : start + piece_bytes])
        let_the_server_read(ben)

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
    let_the_server_read(ben)
    anna.send_raw(b"\n")

    anna.expect("anna: hello")


@rule("framing.crlf")
def test_no_other_carriage_return_belongs_to_the_terminator(clients: ClientFactory) -> None:
    """Only one CR is dropped, only right before the LF; no other CR ends a line."""
    (anna,) = clients("anna")

    anna.send_raw(b"one\r\r\ntwo\rtoo\n\rthree\r\n")

    anna.expect("anna: one ", "anna: two too", "anna:  three")


@rule("framing.crlf")
def test_carriage_return_does_not_count_as_length(clients: ClientFactory) -> None:
    """A line of exactly ``max_line`` bytes may end with CR LF."""
    anna, ben = clients("anna", "ben")
    line = "x" * MAX_LINE

    anna.send_raw(line.encode() + b"\r\n" + line.encode() + b"\r")
    let_the_server_read(ben)
    anna.send_raw(b"\n")

    anna.expect(f"anna: {line}", f"anna: {line}")


@rule("framing.last-line")
def test_last_line_counts_without_its_end(clients: ClientFactory, connect: Connect) -> None:
    """What a client has said when its stream ends is a line, even without a terminator."""
    (anna,) = clients("anna")

    for last_line in (b"goodbye", b"one\ntwo", "été".encode(), b"/say who"):
        client: TcpClient = connect()
        if client.speaks_dialect and last_line.startswith(b"/"):
            break
        name = client.name
        client.send_raw(last_line)
        client.half_close()

        text = last_line.decode().removeprefix("/say ")
        anna.expect(f"* {name} joined", *(f"{name}: {line}" for line in text.split("\n")))
        anna.expect(f"* {name} left")


@rule("framing.last-line")
def test_last_line_may_be_a_command(clients: ClientFactory) -> None:
    """A command is carried out even when the stream ends without a terminator."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"/rename zoe")
    ben.half_close()

    anna.expect("* ben is now zoe", "* zoe left")


@rule("framing.last-line")
def test_stream_that_ends_after_a_terminator_has_no_last_line(clients: ClientFactory) -> None:
    """A stream that ends right after a terminator has no more lines."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"goodbye\n")
    ben.half_close()

    anna.expect("ben: goodbye", "* ben left")


@rule("framing.empty")
def test_empty_line_is_ignored(clients: ClientFactory) -> None:
    """An empty line reaches nobody, and its sender gets no answer."""
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


@rule("framing.empty")
def test_blank_line_is_not_empty(clients: ClientFactory) -> None:
    """A line of white space is a line like any other."""
    anna, ben = clients("anna", "ben")

    ben.say(" ", "\xa0", "\u3000")

    anna.expect("ben:  ", "ben: \xa0", "ben: \u3000")


CONTROLS = [chr(point) for point in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)]
NEIGHBOURS = "a\xa0b\xadc\u200bd\u200de\u202ef\u2066g\u3000h\ufeffi\ue000j"


@rule("framing.control")
def test_line_of_one_control_becomes_a_space(clients: ClientFactory) -> None:
    """A line that is one tab is not empty: it becomes a line of one space."""
    anna, ben = clients("anna", "ben")

    ben.say("\t")

    anna.expect("ben:  ")


@rule("framing.control")
def test_control_inside_a_line_becomes_a_space(clients: ClientFactory) -> None:
    """Each control character or line break between two letters becomes one space."""
    anna, ben = clients("anna", "ben")

    for control in _controls(ben.door):
        ben.say(f"a{control}b", f"{control}a{control}{control}b")

        anna.expect("ben: a b", "ben:  a  b")


@rule("framing.control")
def test_control_at_the_end_of_a_line_becomes_a_space(clients: ClientFactory) -> None:
    """A control character at the end of a line becomes a space if it is no terminator."""
    anna, ben = clients("anna", "ben")

    for control in _controls(ben.door):
        if not (ben.door == "tcp" and control == "\r"):
            ben.say(f"a{control}")

            anna.expect("ben: a ")


@rule("framing.control")
def test_control_comes_back_in_no_answer(clients: ClientFactory) -> None:
    """No answer or error that a client gets contains a control character."""
    (anna,) = clients("anna")

    for control in _controls(anna.door):
        for start in ("/da", "/rename a", "/say ", "rename|"):
            anna.say(f"{start}{control}nce")
    fence = anna.send_fence()

    answers = anna.lines_until(fence)
    assert len(answers) == 4 * len(_controls(anna.door))
    assert [answer for answer in answers if set(answer) & set(CONTROLS)] == []


MARKS = "\u0301\u0316\u0489\u20dd\u05b8\u0e35\ua66f\u1dc4"


@rule("framing.marks")
def test_surplus_marks_are_dropped(clients: ClientFactory) -> None:
    """Of more than four combining marks in a row, the first four stay."""
    anna, ben = clients("anna", "ben")

    for mark in MARKS:
        for surplus in (1, 20):
            ben.say(f"z{mark * (4 + surplus)}a{mark * 4}lgo")

            anna.expect(f"ben: z{mark * 4}a{mark * 4}lgo")
    ben.say(f"z{MARKS}", f"/say z{MARKS}", f"/z{MARKS}")
    anna.expect(f"ben: z{MARKS[:4]}", f"ben: z{MARKS[:4]}")
    ben.wait_for(f"! unknown command: /z{MARKS[:4]} (try /help)")


@rule("framing.marks")
def test_invisible_character_ends_no_row(clients: ClientFactory) -> None:
    """Marks with characters between them that show nothing stand in a row."""
    anna, ben = clients("anna", "ben")

    for between in ("\u200d", "\u200b", "\u2060", "\U000e0061"):
        ben.say("z" + f"{MARKS[:4]}{between}" * 3)

        anna.expect(f"ben: z{MARKS[:4]}{between * 3}")


@rule("framing.marks")
def test_no_character_that_shows_nothing_ends_a_row(clients: ClientFactory) -> None:
    """A fifth mark is dropped behind each of the 4,180 characters that show nothing."""
    anna, ben = clients("anna", "ben")
    kept = [each for each in UNSEEN if unicodedata.category(each) not in ("Mn", "Me")]

    ben.say(*(f"z{MARKS[:4]}{each}{MARKS[4]}" for each in kept), within=100 * TICK)

    for each in kept:
        anna.expect(f"ben: z{MARKS[:4]}{each}")


@rule("framing.marks")
def test_spacing_marks_are_not_counted(clients: ClientFactory) -> None:
    """Marks that take a place of their own (Unicode category Mc) stay, however many they are."""
    anna, ben = clients("anna", "ben")
    line = "क" + "\u093e" * 6 + " ம" + "\u0bbe" * 6

    ben.say(line)

    anna.expect(f"ben: {line}")


REAL_SCRIPTS = [
    "Tie\u0302\u0301ng Vie\u0323\u0302t",
    "ש\u05c1\u05bc\u05b8\u0596ם",  # a letter with four marks
    "ที่นี่ ผู้ใหญ่",
    "नमस्ते দুঃখ",
    "السَّلَامُ عَلَيْكُمْ",
    "❤\ufe0f\u200d🔥 👩\u200d👩\u200d👧 1\ufe0f\u20e3",
]


@rule("framing.marks")
def test_marks_of_real_scripts_stay(clients: ClientFactory) -> None:
    """Text of scripts that use combining marks is delivered unaltered."""
    anna, ben = clients("anna", "ben")

    ben.say(*REAL_SCRIPTS)

    anna.expect(*(f"ben: {line}" for line in REAL_SCRIPTS))


@rule("framing.control")
def test_nothing_else_becomes_a_space(clients: ClientFactory) -> None:
    """Other invisible characters, spaces of all widths and joiners, stay as they are."""
    anna, ben = clients("anna", "ben")

    ben.say(NEIGHBOURS)

    anna.expect(f"ben: {NEIGHBOURS}")


def fetch(target: str) -> bytes:
    """Return what a browser sends for a page's ``fetch(…, {mode: "no-cors", method: "POST"})``."""
    body = "/rename admin\n/say hello\nrename|admin\nwho\n"
    return (
        f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nConnection: keep-alive\r\n"
        f'Content-Length: {len(body)}\r\nsec-ch-ua-platform: "Linux"\r\n'
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nContent-Type: text/plain;charset=UTF-8\r\n"
        "Accept: */*\r\nOrigin: http://evil.example\r\nSec-Fetch-Site: cross-site\r\n"
        "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: empty\r\nReferer: http://evil.example/\r\n"
        f"Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n{body}"
    ).encode()


REQUESTS = {
    "fetch": fetch("/"),
    "long target": fetch("/" + "x" * 2 * MAX_LINE),
    "get": b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n",
    "old": b"HEAD /page HTTP/1.0\n\n/say hello\n",
    "other method": b"M-SEARCH * HTTP/1.1\r\n\r\n",
    "other version": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "empty line first": b"\r\nGET / HTTP/1.1\r\n\r\n",
}


@rule("framing.no-http")
@pytest.mark.parametrize("request_name", REQUESTS)
def test_http_request_is_refused(
    clients: ClientFactory, connect: Connect, request_name: str
) -> None:
    """A client whose first line is an HTTP request line gets one error and the end."""
    (anna,) = clients("anna")

    peer: TcpClient = connect()
    peer.send_raw(REQUESTS[request_name])

    heard, end = peer.lines_until_end()
    told = [line for line in heard if not line.startswith("! line too long ")]
    assert end.how == "eof"
    assert len(told) == 1
    assert told[0].startswith("! no HTTP here")
    anna.expect(f"* {peer.name} joined", f"* {peer.name} left")


@rule("framing.no-http")
def test_http_request_may_come_byte_by_byte(clients: ClientFactory, connect: Connect) -> None:
    """A request that comes one byte at a time is refused, and nothing of it is said."""
    anna, ben = clients("anna", "ben")

    peer: TcpClient = connect()
    for byte in REQUESTS["fetch"]:
        try:
            peer.send_raw(bytes([byte]))
        except ConnectionEnded:  # the server has refused the request
            break
        if byte in b"\r\n":
            let_the_server_read(ben)
    fence = ben.send_fence()

    told = [f"* {peer.name} joined", f"* {peer.name} left"]
    assert anna.lines_until(fence) == told


@rule("framing.no-http")
def test_long_http_request_may_be_cut_anywhere(clients: ClientFactory, connect: Connect) -> None:
    """A request line over the limit is refused, wherever the network cuts its end in two."""
    anna, ben = clients("anna", "ben")
    end = b" HTTP/1.1\r\n"

    for cut in range(len(end)):
        peer: TcpClient = connect()
        peer.send_raw(b"GET /" + b"x" * (MAX_LINE + 1) + end[:cut])
        let_the_server_read(ben)
        with contextlib.suppress(OSError):  # the server has ended the connection
            peer.send_raw(end[cut:] + b"hello\n")
        peer.lines_until_end()
        anna.expect(f"* {peer.name} joined", f"* {peer.name} left")


@rule("framing.no-http")
def test_request_line_may_be_said_later(clients: ClientFactory, connect: Connect) -> None:
    """A request line is an ordinary line when another line came before it."""
    (anna,) = clients("anna")
    lines = ["GET / HTTP/1.1", "Host: 127.0.0.1", "POST /form HTTP/1.0"]

    anna.say(*lines)

    anna.expect(*(f"anna: {line}" for line in lines))


@rule("framing.no-http")
def test_line_about_http_is_said(clients: ClientFactory, connect: Connect) -> None:
    """A first line that only resembles a request line is said."""
    (anna,) = clients("anna")

    for line in ("GET / HTTP/1.1 is a request line", "GET /", "HTTP/1.1", "I like HTTP/1.1 better"):
        peer: TcpClient = connect()
        peer.say(line)

        anna.expect(f"* {peer.name} joined", f"{peer.name}: {line}")
        peer.close()
        anna.expect(f"* {peer.name} left")


def _bare(connect: Connect, door: Door) -> Client:
    """Return a connection on which nothing has been said yet."""
    options: dict[str, Any] = {"handshake": False} if door == "ws" else {}
    client: Client = connect(welcome=False, **options)
    return client


def _controls(door: Door) -> list[str]:
    """Return the control characters that can stand inside a line at a door."""
    return [control for control in CONTROLS if not (door == "tcp" and control == "\n")]


@rule("framing.last-line")
def test_last_line_may_be_the_longest(clients: ClientFactory) -> None:
    """A last line of exactly ``max_line`` bytes counts without its end."""
    anna, ben = clients("anna", "ben")
    line = "x" * MAX_LINE

    ben.send_raw(line.encode())
    ben.half_close()

    anna.expect(f"ben: {line}", "* ben left")


@rule("framing.last-line")
def test_carriage_return_of_a_last_line_is_no_end(clients: ClientFactory) -> None:
    """Where no LF follows, a CR is a control character like any other: it becomes a space."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"goodbye\r")
    ben.half_close()

    anna.expect("ben: goodbye ", "* ben left")
