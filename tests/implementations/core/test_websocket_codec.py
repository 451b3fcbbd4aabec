"""The WebSocket door: requests and frames from real clients, and broken ones."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from implementations.core.causes import Cause
from implementations.core.events import (
    Alive,
    Answer,
    Closing,
    Event,
    Health,
    Line,
    Opened,
    Reply,
)
from implementations.core.line_codec import without_controls
from implementations.core.message import encode
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import MAX_REQUEST_BYTES, WebSocketCodec
from tests.implementations.core.feeding import byte_by_byte, cut_at, cuts, feed
from tests.implementations.core.http_answer import HttpAnswer, read_answer


MAX_LINE = 200  # bytes; over 125, so that the examples use two of the three forms of a length
SETTINGS = replace(Settings(), max_line=MAX_LINE, allow_origin=("https://friend.example", "null"))
SITE = Site("threads-mutex", SETTINGS, b"<h1>the page</h1>")


# What a client sends.

HANDSHAKE = {
    "Host": "127.0.0.1:8080",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
    "Sec-WebSocket-Version": "13",
}


def request(
    line: str = "GET /ws HTTP/1.1",
    but: Iterable[str] = (),
    **more: str,
) -> bytes:
    """Return a request with the headers of a handshake, without ``but`` and with ``more``."""
    kept = {name: value for name, value in HANDSHAKE.items() if name not in but}
    kept |= {name.replace("_", "-"): value for name, value in more.items()}
    return "\r\n".join([line, *(f"{n}: {v}" for n, v in kept.items()), "", ""]).encode()


def frame(opcode: Opcode, payload: bytes = b"", fin: bool = True) -> bytes:
    """Return one masked frame."""
    return Frame(opcode, payload, fin).serialize(mask=True)


def text(line: str) -> bytes:
    """Return a text message in one frame."""
    return frame(Opcode.TEXT, line.encode())


def close(code: int, reason: str = "") -> bytes:
    """Return a close frame."""
    return frame(Opcode.CLOSE, code.to_bytes(2, "big") + reason.encode())


# What comes back.


def codec(settings: Settings = SETTINGS) -> WebSocketCodec:
    """Return a codec before its handshake."""
    return WebSocketCodec(settings, SITE)


def opened(settings: Settings = SETTINGS) -> WebSocketCodec:
    """Return a codec after its handshake."""
    fed = codec(settings)
    assert fed.feed(request()) == [Opened()]
    return fed


def frames_in(data: bytes) -> list[tuple[Opcode, bytes]]:
    """Return the frames in ``data``; none may be masked."""
    client = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)
    client.receive_data(data)
    frames = client.events_received()
    assert all(isinstance(frame, Frame) for frame in frames)
    return [(f.opcode, bytes(f.data)) for f in frames if isinstance(f, Frame)]


def closing_of(fed: WebSocketCodec) -> tuple[int, str]:
    """Return the code and reason of a farewell, which must be one close frame."""
    [(opcode, payload)] = frames_in(fed.farewell(Cause.LEFT))
    assert opcode is Opcode.CLOSE
    close = Close.parse(payload)
    return close.code, close.reason


def answer_to(data: bytes) -> HttpAnswer:
    """Return the answer to a plain request."""
    [event] = codec().feed(data)
    assert isinstance(event, Answer)
    return read_answer(event.data)


# The request.


def test_real_client_is_let_in() -> None:
    """A client library's own handshake is accepted, and its messages are lines."""
    client, fed = ClientProtocol(parse_uri("ws://127.0.0.1:8080/ws")), codec()
    client.send_request(client.connect())

    assert fed.opening
    assert fed.feed(b"".join(client.data_to_send())) == [Opened()]
    client.receive_data(fed.accept())
    [response] = client.events_received()
    client.send_text(b"hello")
    events = fed.feed(b"".join(client.data_to_send()))

    assert not fed.opening
    assert isinstance(response, Response)
    assert "Sec-WebSocket-Extensions" not in response.headers
    assert client.state is State.OPEN
    assert events == [Line("hello"), Alive()]


def test_offered_compression_is_not_taken() -> None:
    """A client that offers compression is let in without it."""
    fed = codec()

    events = fed.feed(request(Sec_WebSocket_Extensions="permessage-deflate"))

    assert events == [Opened()]
    assert b"permessage-deflate" not in fed.accept()


def test_frames_right_behind_the_request_count() -> None:
    """Lines that a client sends before it has the answer are not lost."""
    events = codec().feed(request() + text("one") + text("two"))

    assert events == [Opened(), Line("one"), Alive(), Line("two"), Alive()]


def test_newcomer_to_a_full_server_gets_a_503() -> None:
    """A client that is not let in gets a plain answer instead of the handshake's."""
    read = read_answer(opened().reject("server is full"))

    assert (read.status, read.body) == (503, b"server is full\n")


@pytest.mark.parametrize("target", ["/", "/?", "/?theme=dark"])
def test_page_is_at_the_root(target: str) -> None:
    """``GET /`` gives the chat page, with or without a query."""
    read = answer_to(request(f"GET {target} HTTP/1.1"))

    assert (read.status, read.body) == (200, SITE.page)


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
def test_browser_needs_no_headers(protocol: str) -> None:
    """A request may have no headers."""
    assert answer_to(f"GET / {protocol}\r\n\r\n".encode()).status == 200


def test_health_is_for_the_hub_to_answer() -> None:
    """``GET /healthz`` is an event of its own, for its answer needs the hub's counts."""
    assert codec().feed(b"GET /healthz HTTP/1.1\r\n\r\n") == [Health()]


def test_lab_is_there_only_if_the_site_has_it() -> None:
    """``GET /lab`` is like ``/healthz`` at a server that was started with ``--lab``, else a 404."""
    request_bytes = b"GET /lab HTTP/1.1\r\n\r\n"
    with_lab = WebSocketCodec(Settings(), Site("test", Settings(), b"", lab=True))

    assert with_lab.feed(request_bytes) == [Health(lab=True)]
    [without] = codec().feed(request_bytes)
    assert isinstance(without, Answer)
    assert without.data.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("but", ["Upgrade", "Connection"])
def test_room_needs_an_upgrade(but: str) -> None:
    """``GET /ws`` without an upgrade gets a 426 that names the upgrade."""
    read = answer_to(request(but=[but]))

    assert (read.status, read.headers["Upgrade"]) == (426, "websocket")


@pytest.mark.parametrize("target", ["/nothing", "/ws/", "/wsx", "//", "*", "/healthz/x", "/%2e"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_paths_are_not_found(method: str, target: str) -> None:
    """Any path except those of the page, the health and the room is not found."""
    assert answer_to(request(f"{method} {target} HTTP/1.1")).status == 404


@pytest.mark.parametrize("target", ["/", "/healthz", "/ws"])
@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"]
)
@pytest.mark.parametrize("body", [b"", b"text=hello"], ids=["", "with a body"])
def test_other_methods_are_not_allowed(method: str, target: str, body: bytes) -> None:
    """Any method except GET and HEAD, with a body or without, gets a 405 that names the two."""
    length = str(len(body))

    read = answer_to(request(f"{method} {target} HTTP/1.1", Content_Length=length) + body)

    assert (read.status, read.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"hello there\n", 400, id="a chat line"),
        pytest.param(b"\r\n\r\n", 400, id="nothing"),
        pytest.param(b"GET / HTTP/2.0\r\n\r\n", 400, id="another HTTP"),
        pytest.param(b"GET  / HTTP/1.1\r\n\r\n", 400, id="two spaces"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400, id="TLS"),
        pytest.param(request(Host_="a\r\nno colon"), 400, id="a header without a colon"),
        pytest.param(request(Content_Length="3") + b"abc", 400, id="an upgrade with a body"),
        pytest.param(request(Sec_WebSocket_Key="short"), 400, id="a short key"),
        pytest.param(request(but=["Sec-WebSocket-Key"]), 400, id="no key"),
        pytest.param(request(Sec_WebSocket_Version="8"), 400, id="an old version"),
        pytest.param(request("GET /ws HTTP/1.0"), 426, id="an upgrade from HTTP/1.0"),
        pytest.param(b"GET /ws HTTP/1.0\r\n\r\n", 426, id="a proxy without an upgrade"),
        pytest.param(request(Origin="x" * 9000), 431, id="a long header of the handshake"),
        pytest.param(request(X="a\x00b"), 400, id="a control character in a header"),
        pytest.param(b"GET / HTTP/1.1\n", 400, id="a bare line feed"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\n", 400, id="a bare line feed later"),
        pytest.param(b"GET / HTTP/1.1\r\n\n", 400, id="a bare line feed at the end"),
        pytest.param(request(X="x" * MAX_REQUEST_BYTES), 431, id="a request over the limit"),
        pytest.param(b"G" * MAX_REQUEST_BYTES, 431, id="no line at all"),
        pytest.param(b"G" * MAX_REQUEST_BYTES + b"\n", 431, id="a line over the limit"),
    ],
)
def test_bad_request_has_one_answer(data: bytes, status: int) -> None:
    """A bad request gets an answer that says what is wrong, however it is cut."""
    whole, drop_by_drop = codec(), codec()

    [at_once] = whole.feed(data)
    [one_by_one] = feed(drop_by_drop, byte_by_byte(data))

    for event in (at_once, one_by_one):
        assert isinstance(event, Answer)
        assert read_answer(event.data).status == status


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(request("GET /ws?" + "x" * 9000 + " HTTP/1.1"), id="a long target"),
        pytest.param(request(Cookie="x" * 12_000), id="a long header"),
        pytest.param(request(X="\r\n".join(["x"] + ["Cookie: x=yyyy"] * 900)), id="many headers"),
        pytest.param(request("GET http://127.0.0.1:8080/ws HTTP/1.1"), id="absolute"),
        pytest.param(request("GET ws://127.0.0.1:8080/ws?x HTTP/1.1"), id="absolute, a query"),
        pytest.param(request("GET /chat/ws HTTP/1.1"), id="a prefix"),
        pytest.param(request("GET /~anna/chat.2/ws?x=/y HTTP/1.1"), id="a longer prefix"),
    ],
)
def test_request_of_real_clients_is_let_in(data: bytes) -> None:
    """Long cookies, absolute targets and a proxy's prefix are no reason to refuse a client."""
    assert codec().feed(data) == [Opened()]
    assert feed(codec(), byte_by_byte(data)) == [Opened()]


@pytest.mark.parametrize("target", ["/chat/", "http://a", "http://a/", "http://a?x", "/a/b/?x"])
def test_page_has_many_addresses(target: str) -> None:
    """The page is also at the root of a prefix, and at an absolute target without a path."""
    assert answer_to(request(f"GET {target} HTTP/1.1")).body == SITE.page


def test_line_feed_of_a_body_is_no_fault() -> None:
    """Only the lines of the request must end with CR LF."""
    assert answer_to(request("GET / HTTP/1.1") + b"\n\n").status == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [("/", 200), ("/healthz", 200), ("/ws", 426), ("/nothing", 404), ("/chat/", 200)],
)
def test_head_gets_no_body(target: str, status: int) -> None:
    """HEAD gets the status and the headers of GET, and no body."""
    [event] = codec().feed(request(f"HEAD {target} HTTP/1.1"))

    assert isinstance(event, Answer)
    assert event.data.startswith(f"HTTP/1.1 {status} ".encode())
    assert event.data.endswith(b"\r\n\r\n")
    assert event.data.count(b"\r\n\r\n") == 1


def test_head_of_the_page_says_its_length() -> None:
    """HEAD tells the length that the body of GET has, but not for the counts, which change."""
    [page] = codec().feed(request("HEAD / HTTP/1.1"))
    [health] = codec().feed(request("HEAD /healthz HTTP/1.1"))

    assert isinstance(page, Answer)
    assert isinstance(health, Answer)
    assert f"Content-Length: {len(SITE.page)}\r\n".encode() in page.data
    assert b"Content-Type: application/json\r\n" in health.data
    assert b"Content-Length" not in health.data


@pytest.mark.parametrize("version", ["8", "14", "x"])
def test_wrong_version_is_told_the_right_one(version: str) -> None:
    """A client with another version of the protocol learns which one it needs."""
    read = answer_to(request(Sec_WebSocket_Version=version))

    assert (read.status, read.headers["Sec-WebSocket-Version"]) == (400, "13")


def test_request_may_be_as_long_as_the_limit() -> None:
    """A request of exactly the limit is answered, and one byte more is refused."""
    head = b"GET / HTTP/1.1\r\nX: "
    longest = head + b"x" * (MAX_REQUEST_BYTES - len(head) - 4) + b"\r\n\r\n"
    too_long = head + b"x" * (MAX_REQUEST_BYTES - len(head) - 3) + b"\r\n\r\n"

    assert (answer_to(longest).status, answer_to(too_long).status) == (200, 431)


@pytest.mark.parametrize("behind", [b"more", text("hello"), request()], ids=["bytes", "frame", "2"])
def test_answered_request_is_the_last(behind: bytes) -> None:
    """After an answer, further bytes are ignored, and no close frame is sent."""
    fed = codec()

    events = feed(fed, [request("GET / HTTP/1.1") + behind, behind, behind])

    assert len(events) == 1
    assert fed.farewell(Cause.SHUTDOWN) == b""


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        pytest.param("http://127.0.0.1:8080", "127.0.0.1:8080", 101, id="the same"),
        pytest.param("http://LOCALHOST:8080", "localhost:8080", 101, id="the same in capitals"),
        pytest.param("http://[::1]:8080", "[::1]:8080", 101, id="the same, IPv6"),
        pytest.param("http://chat.example", "chat.example", 101, id="the default port"),
        pytest.param("http://chat.example:80", "chat.example", 101, id="the default port, told"),
        pytest.param("https://chat.example", "chat.example:443", 101, id="that of TLS"),
        pytest.param("https://friend.example", "127.0.0.1:8080", 101, id="one that is allowed"),
        pytest.param("null", "127.0.0.1:8080", 101, id="a file's, allowed"),
        pytest.param("http://friend.example", "127.0.0.1:8080", 403, id="an allowed one, no TLS"),
        pytest.param("http://evil.example", "127.0.0.1:8080", 403, id="another host"),
        pytest.param("http://127.0.0.1:8081", "127.0.0.1:8080", 403, id="another port"),
        pytest.param("http://127.0.0.1", "127.0.0.1:8080", 403, id="no port"),
        pytest.param("https://127.0.0.1", "127.0.0.1:80", 403, id="another scheme's port"),
        pytest.param("http://127.0.0.1:8080.evil.example", "127.0.0.1:8080", 403, id="a suffix"),
        pytest.param("http://[", "[", 403, id="no address"),
        pytest.param("http://127.0.0.1:x", "127.0.0.1:x", 403, id="no port's number"),
        pytest.param("*", "*", 403, id="a star"),
        pytest.param("", "", 403, id="empty"),
    ],
)
def test_foreign_origin_is_refused(origin: str, host: str, status: int) -> None:
    """The server's own page may connect; a page from elsewhere must be allowed."""
    fed = codec(replace(SETTINGS, ws=Endpoint("0.0.0.0", 8080)))

    [event] = fed.feed(request(Host=host, Origin=origin))

    if status == 101:
        assert event == Opened()
    else:
        assert isinstance(event, Answer)
        assert read_answer(event.data).status == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 101),
        ("127.1.2.3:9000", 101),  # the near end of a tunnel
        ("LocalHost:8080", 101),
        ("chat.localhost", 101),
        ("[::1]:8080", 101),
        ("evil.example:8080", 403),
        ("127.0.0.1.evil.example:8080", 403),
        ("localhost.evil.example:8080", 403),
        ("evillocalhost:8080", 403),
        ("192.168.0.1:8080", 403),
        ("friend.example", 101),
        ("user@evil.example", 403),
    ],
)
@pytest.mark.parametrize("door", ["127.0.0.1", "::1", "localhost", "127.0.0.9"])
def test_loopback_door_has_no_other_name(door: str, host: str, status: int) -> None:
    """A foreign name for the loopback address is no way in: DNS rebinding."""
    origin = ("https://" if host == "friend.example" else "http://") + host.lower()

    [by_header] = codec(replace(SETTINGS, ws=Endpoint(door, 0))).feed(
        request(Host=host, Origin=origin)
    )
    [by_target] = codec(replace(SETTINGS, ws=Endpoint(door, 0))).feed(
        request(f"GET http://{host}/ws HTTP/1.1", Host="127.0.0.1", Origin=origin)
    )

    for event in (by_header, by_target):
        if status == 101:
            assert event == Opened()
        else:
            assert isinstance(event, Answer)
            assert read_answer(event.data).status == status


def test_any_origin_is_allowed_by_a_star() -> None:
    """``--allow-origin '*'`` lets every page in."""
    fed = codec(replace(SETTINGS, allow_origin=("*",)))

    assert fed.feed(request(Origin="http://evil.example")) == [Opened()]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://a\r\nHost: a\r\nOrigin: http://a"}, 400),
        ({"Host": "a\r\nHost: a", "Origin": "http://a"}, 403),
        ({"Host": "a\r\nHost: b", "Origin": "http://b"}, 403),
    ],
    ids=["two origins", "a host twice", "two hosts"],
)
def test_doubled_header_is_no_way_in(headers: dict[str, str], status: int) -> None:
    """A request with two origins or two hosts is refused, and raises nothing."""
    assert answer_to(request(**headers)).status == status


# The frames.

CONVERSATIONS: list[tuple[str, list[bytes], list[Event]]] = [
    ("nothing", [], []),
    ("a line", [text("hello")], [Line("hello"), Alive()]),
    ("an empty line", [text("")], [Alive()]),
    ("two lines", [text("a"), text("b")], [Line("a"), Alive(), Line("b"), Alive()]),
    ("controls", [text("a\nb\r\x1b\u2028c")], [Line("a b   c"), Alive()]),
    ("at the limit", [text("x" * MAX_LINE)], [Line("x" * MAX_LINE), Alive()]),
    (
        "fragments",
        [
            frame(Opcode.TEXT, b"he", fin=False),
            frame(Opcode.CONT, b"ll", fin=False),
            frame(Opcode.CONT, b"o"),
        ],
        [Alive(), Alive(), Line("hello"), Alive()],
    ),
    (
        "a character over three fragments",
        [
            frame(Opcode.TEXT, b"\xe2", fin=False),
            frame(Opcode.CONT, b"\x82", fin=False),
            frame(Opcode.CONT, b"\xac"),
        ],
        [Alive(), Alive(), Line("€"), Alive()],
    ),
    (
        "empty fragments",
        [frame(Opcode.TEXT, fin=False), frame(Opcode.CONT, fin=False), frame(Opcode.CONT)],
        [Alive(), Alive(), Alive()],
    ),
    (
        "a ping between fragments",
        [
            frame(Opcode.TEXT, b"he", fin=False),
            frame(Opcode.PING, b"?"),
            frame(Opcode.PONG, b"!"),
            frame(Opcode.CONT, b"llo"),
            text("next"),
        ],
        [
            Alive(),
            Reply(Frame(Opcode.PONG, b"?").serialize(mask=False)),
            Alive(),
            Alive(),
            Line("hello"),
            Alive(),
            Line("next"),
            Alive(),
        ],
    ),
    (
        "pings",
        [frame(Opcode.PING, b"1"), text("hello"), frame(Opcode.PING, b"2" * 125)],
        [
            Reply(Frame(Opcode.PONG, b"1").serialize(mask=False)),
            Alive(),
            Line("hello"),
            Alive(),
            Reply(Frame(Opcode.PONG, b"2" * 125).serialize(mask=False)),
            Alive(),
        ],
    ),
    (
        "fragments up to the limit",
        [
            frame(Opcode.TEXT, b"x" * MAX_LINE, fin=False),
            frame(Opcode.CONT, fin=False),
            frame(Opcode.CONT),
        ],
        [Alive(), Alive(), Line("x" * MAX_LINE), Alive()],
    ),
]


@pytest.mark.parametrize(
    ("sent", "events"),
    [(sent, events) for _, sent, events in CONVERSATIONS],
    ids=[name for name, _, _ in CONVERSATIONS],
)
def test_frames_become_lines(sent: list[bytes], events: list[Event]) -> None:
    """The same bytes give the same events, whole, byte by byte or with half a frame after them."""
    stream = b"".join(sent)
    half_a_frame = text("later")[:-1]

    assert opened().feed(stream) == events
    assert feed(opened(), byte_by_byte(stream)) == events
    assert opened().feed(stream + half_a_frame) == events


def unmasked() -> bytes:
    return Frame(Opcode.TEXT, b"hello").serialize(mask=False)


OFFENCES: list[tuple[str, list[bytes], int]] = [
    ("binary", [frame(Opcode.BINARY, b"hello")], 1003),
    ("binary in fragments", [frame(Opcode.BINARY, b"he", fin=False)], 1003),
    ("empty and binary", [frame(Opcode.BINARY)], 1003),
    ("not UTF-8", [frame(Opcode.TEXT, b"\xff")], 1007),
    ("half a character", [frame(Opcode.TEXT, b"\xe2\x82")], 1007),
    ("half a surrogate pair", [frame(Opcode.TEXT, b"\xed\xa0\x80")], 1007),
    (
        "not UTF-8, across fragments",
        [frame(Opcode.TEXT, b"\xe2\x82", fin=False), frame(Opcode.CONT, b"x")],
        1007,
    ),
    (
        "half a character at the end of fragments",
        [frame(Opcode.TEXT, b"\xe2", fin=False), frame(Opcode.CONT, b"\x82")],
        1007,
    ),
    ("too long", [text("x" * (MAX_LINE + 1))], 1009),
    ("too long by its header", [text("x" * (MAX_LINE + 126))[:8]], 1009),
    (
        "too long in fragments",
        [frame(Opcode.TEXT, b"x" * MAX_LINE, fin=False), frame(Opcode.CONT, b"x")],
        1009,
    ),
    ("unmasked", [unmasked()], 1002),
    ("a reserved bit", [b"\xf1\x80\0\0\0\0"], 1002),
    ("an opcode that does not exist", [b"\x83\x80\0\0\0\0"], 1002),
    ("a long ping", [b"\x89\xfe\x00\x7e\0\0\0\0" + b"?" * 126], 1002),
    ("a ping in fragments", [b"\x09\x80\0\0\0\0"], 1002),
    ("a continuation of nothing", [frame(Opcode.CONT, b"hello")], 1002),
    ("a message inside another", [frame(Opcode.TEXT, b"he", fin=False), text("llo")], 1002),
    ("a close of one byte", [frame(Opcode.CLOSE, b"\x03")], 1002),
    ("a close whose reason is not UTF-8", [frame(Opcode.CLOSE, b"\x03\xe8\xff")], 1007),
]


@pytest.mark.parametrize(
    ("offence", "code"),
    [(b"".join(sent), code) for _, sent, code in OFFENCES],
    ids=[name for name, _, _ in OFFENCES],
)
def test_offence_ends_the_connection(offence: bytes, code: int) -> None:
    """A breach of the protocol closes with its code, and later bytes are dropped."""
    whole, drop_by_drop = opened(), opened()

    at_once = whole.feed(text("before") + offence + text("behind"))
    one_by_one = feed(drop_by_drop, byte_by_byte(text("before") + offence + text("behind")))

    for events, fed in ((at_once, whole), (one_by_one, drop_by_drop)):
        assert events[:2] == [Line("before"), Alive()]
        assert set(events[2:-1]) <= {Alive()}
        assert events[-1] == Closing()
        assert closing_of(fed)[0] == code
        assert fed.feed(text("too late")) == []


def test_pong_is_not_lost_before_an_offence() -> None:
    """A ping is answered, even if bytes that come with it end the connection."""
    events = opened().feed(frame(Opcode.PING, b"?") + unmasked())

    assert events == [Reply(Frame(Opcode.PONG, b"?").serialize(mask=False)), Alive(), Closing()]


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999]
)
def test_close_is_answered_with_its_own_code(code: int) -> None:
    """A close frame comes back unchanged, as the very last bytes."""
    fed = opened()

    events = fed.feed(text("last") + close(code, "bye") + text("behind"))

    assert events == [Line("last"), Alive(), Alive(), Closing()]
    assert closing_of(fed) == (code, "bye")


def test_close_without_a_code_is_answered_without_one() -> None:
    """An empty close frame comes back empty."""
    fed = opened()

    assert fed.feed(frame(Opcode.CLOSE)) == [Alive(), Closing()]
    assert frames_in(fed.farewell(Cause.LEFT)) == [(Opcode.CLOSE, b"")]


def close_payload(code: int, reason: str) -> bytes:
    return Close(code, reason).serialize()


@pytest.mark.parametrize("payload", [b"", close_payload(1000, "bye")], ids=["no code", "1000"])
def test_close_in_the_middle_of_a_message_is_no_offence(payload: bytes) -> None:
    """A close frame between two fragments is answered like any other."""
    fed = opened()

    events = fed.feed(frame(Opcode.TEXT, b"half", fin=False) + frame(Opcode.CLOSE, payload))

    assert events == [Alive(), Closing()]
    assert frames_in(fed.farewell(Cause.LEFT)) == [(Opcode.CLOSE, payload)]


def test_limit_is_for_messages_not_for_control_frames() -> None:
    """A ping may be longer than the longest line; a message may not."""
    fed = opened(replace(SETTINGS, max_line=10))

    [pong, *_] = fed.feed(frame(Opcode.PING, b"?" * 125))
    events = fed.feed(text("x" * 11))

    assert isinstance(pong, Reply)
    assert events == [Closing()]
    assert closing_of(fed)[0] == 1009


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
def test_close_with_a_code_that_may_not_be_sent_is_an_offence(code: int) -> None:
    """A close frame with a forbidden code is answered with 1002."""
    fed = opened()

    assert fed.feed(close(code)) == [Closing()]
    assert closing_of(fed)[0] == 1002


@pytest.mark.parametrize("cause", Cause)
def test_farewell_names_the_cause(cause: Cause) -> None:
    """If the client sent no close frame, the server's comes last, after a notice if one is due."""
    frames = frames_in(opened().farewell(cause))

    notice = [(Opcode.TEXT, cause.notice.encode())] if cause.notice else []
    goodbye = (Opcode.CLOSE, Close(cause.close_code, cause.reason).serialize())
    assert frames == [*notice, goodbye]


@pytest.mark.parametrize("cause", [Cause.LEFT, Cause.QUIT])
def test_farewell_answers_a_close(cause: Cause) -> None:
    """A client that closed after the room took its lines gets its own code back."""
    fed = opened()
    fed.feed(close(4000, "mine"))

    assert frames_in(fed.farewell(cause)) == [(Opcode.CLOSE, close_payload(4000, "mine"))]


@pytest.mark.parametrize("cause", [Cause.TOO_SLOW, Cause.TIMED_OUT, Cause.SHUTDOWN])
@pytest.mark.parametrize(
    "last", [close(4000, "mine"), frame(Opcode.BINARY, b"offence")], ids=["close", "offence"]
)
def test_farewell_names_a_cause_that_came_before_the_close(cause: Cause, last: bytes) -> None:
    """A peer whose stay the server ended first is told why, although its last bytes are read."""
    fed = opened()
    fed.feed(last)

    assert fed.farewell(cause) == opened().farewell(cause)


def test_ping_is_one_frame() -> None:
    """The codec's own ping is a ping frame and nothing else."""
    [(opcode, payload)] = frames_in(opened().ping())

    assert (opcode, payload) == (Opcode.PING, b"hubbub")


def test_times_come_from_the_settings() -> None:
    """A client is pinged every ``ping_interval`` and may be silent for ``pong_wait``."""
    fed = codec(replace(SETTINGS, ping_interval=3.5, pong_wait=4.5))

    assert (fed.ping_interval_s, fed.silence_s) == (3.5, 4.5)


def test_ping_comes_before_the_client_is_due_for_gone() -> None:
    """However long the ping interval is, a ping comes early enough to be answered."""
    fed = codec(replace(SETTINGS, ping_interval=54, pong_wait=2))

    assert fed.ping_interval_s is not None
    assert fed.ping_interval_s < 2


def test_end_of_stream_completes_nothing() -> None:
    """Half a request or half a frame gives no event when the stream ends."""
    fed = codec()
    fed.feed(request()[:-1])

    assert fed.feed_eof() == []


def test_endless_fragments_are_not_kept() -> None:
    """A message of many empty fragments costs no more memory than one fragment."""
    fed = opened()
    fed.feed(frame(Opcode.TEXT, b"x", fin=False))

    fed.feed(frame(Opcode.CONT, b"", fin=False) * 1000)

    # No public attribute says how much it keeps.
    assert len(fed._parts) == 1


# At random.

PAYLOADS = st.sampled_from([b"", b"a", "é".encode(), b"\xe2\x82", b"\xff", b"x" * 126]) | st.binary(
    max_size=MAX_LINE
)
MESSAGES = st.builds(frame, st.sampled_from([Opcode.TEXT, Opcode.CONT]), PAYLOADS, st.booleans())
CONTROLS = st.builds(frame, st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=125))
RARE = st.sampled_from([frame(Opcode.BINARY, b"x"), close(1000), close(1005), unmasked()])
streams = st.lists(MESSAGES | MESSAGES | CONTROLS | RARE | st.binary(max_size=4), max_size=8).map(
    b"".join
)
requests = st.sampled_from(
    [
        request(),
        request(),
        request(Origin="http://evil.example"),
        request("GET / HTTP/1.1"),
        request("GET /healthz HTTP/1.0"),
        request("POST /ws HTTP/1.1"),
        request("GET /ws HTTP/2.0"),
        request(but=["Upgrade"]),
    ]
)


def dateless(events: list[Event]) -> list[Event]:
    """Return ``events`` without the date header, which changes every second."""
    return [
        Answer(b"\r\n".join(h for h in e.data.split(b"\r\n") if not h.startswith(b"Date:")))
        if isinstance(e, Answer)
        else e
        for e in events
    ]


@given(requests, streams, cuts)
def test_cuts_make_no_difference(head: bytes, stream: bytes, at: list[float]) -> None:
    """However the bytes are cut, the events and the farewell are the same."""
    whole, in_pieces = codec(), codec()

    at_once = whole.feed(head + stream)
    cut = feed(in_pieces, cut_at(head + stream, at))

    assert dateless(at_once) == dateless(cut)
    assert whole.farewell(Cause.LEFT) == in_pieces.farewell(Cause.LEFT)


@given(st.booleans(), st.lists(st.binary()), streams)
def test_nothing_that_comes_in_raises(open_first: bool, pieces: list[bytes], stream: bytes) -> None:
    """The codec never raises, whatever bytes come before or after the handshake."""
    fed = opened() if open_first else codec()

    events = feed(fed, [*pieces, stream, *pieces]) + fed.feed_eof()

    assert all(isinstance(event, Event) for event in events)
    assert fed.farewell(Cause.SHUTDOWN) is not None


HEADERS = st.sampled_from(
    [f"{name}: {value}" for name, value in HANDSHAKE.items()]
    + ["Origin: http://a", "Origin: ://[", "Host: a", "Host: [", "Content-Length: 1", "x", "é: é"]
    + ["Connection: ,", "Upgrade: ;", "Sec-WebSocket-Protocol: ,", "Sec-WebSocket-Extensions: ="]
)


@given(st.lists(HEADERS, max_size=12))
def test_any_headers_have_one_answer(headers: list[str]) -> None:
    """A request with missing, doubled or broken headers gives one event and no error."""
    data = "\r\n".join(["GET /ws HTTP/1.1", *headers, "", ""]).encode()

    [event] = codec().feed(data)

    if isinstance(event, Answer):
        assert read_answer(event.data).status in (400, 403, 426)
    else:
        assert event == Opened()


@given(st.lists(st.text(min_size=1, max_size=50).map(without_controls)), cuts)
def test_lines_survive_the_way(lines: list[str], at: list[float]) -> None:
    """Messages from and to a client library arrive unchanged."""
    fed = opened()
    client = ClientProtocol(parse_uri("ws://127.0.0.1:8080/ws"), state=State.OPEN)
    for line in lines:
        client.send_text(line.encode())

    events = feed(fed, cut_at(b"".join(client.data_to_send()), at))
    client.receive_data(encode(*lines).ws)

    assert [event for event in events if event != Alive()] == [Line(line) for line in lines]
    frames = client.events_received()
    assert [bytes(f.data).decode() for f in frames if isinstance(f, Frame)] == lines
