"""Rules of the area ``http``: requests as browsers, proxies and probes send them."""

from collections.abc import Callable

import pytest

from conformance import (
    Connect,
    Mismatch,
    Refused,
    Response,
    WebSocketClient,
    rule,
    settings,
)
from conformance.frames import HANDSHAKE


Ask = Callable[..., Response]

COOKIES = {
    "one header": {"Cookie": "session=" + "x" * 12_000},
    "many headers": {f"X-Cookie-{number}": "x" * 80 for number in range(140)},
}


def raw_answer(connect: Connect, request: bytes) -> bytes:
    """Send a request as it is; return the head of the answer."""
    browser: WebSocketClient = connect(handshake=False, welcome=False)
    browser.send_raw(request)
    return browser.wait_raw(b"\r\n\r\n").partition(b"\r\n\r\n")[0]


@rule("http.head")
@pytest.mark.parametrize("path", ["/", "/healthz", "/ws", "/nothing"])
def test_head_gets_no_body(ask: Ask, connect: Connect, path: str) -> None:
    """HEAD gets the status and the content type of GET, and then the end."""
    get = ask(path)
    probe: WebSocketClient = connect(handshake=False, welcome=False)

    probe.send_raw(f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert probe.expect_end().how == "eof"

    head, _, body = bytes(probe.raw).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {get.status} ".encode())
    assert get.headers["content-type"].encode() in head
    assert b"\r\ncontent-length: 0\r\n" not in head.lower() + b"\r\n"
    assert body == b""


@rule("http.size")
@pytest.mark.parametrize("shape", COOKIES)
def test_long_cookies_are_no_fault(ask: Ask, connect: Connect, shape: str) -> None:
    """A client with 12 kB of cookies gets the page and joins the room."""
    page = ask("/", headers=COOKIES[shape])
    client: WebSocketClient = connect(headers=COOKIES[shape])

    assert page.status == 200
    client.wait_for(client.send_fence())


@rule("http.size")
def test_endless_request_is_refused(connect: Connect) -> None:
    """A request over 32 KiB gets 431, even when its end never comes."""
    for start in (b"GET /ws HTTP/1.1\r\nCookie: ", HANDSHAKE.removesuffix(b"\r\n") + b"Cookie: "):
        head = raw_answer(connect, start + b"x" * 33_000)

        assert head.startswith(b"HTTP/1.1 431 ")


@rule("http.size")
def test_long_request_is_refused_with_its_end_too(connect: Connect) -> None:
    """A request over 32 KiB gets 431, also when it comes whole and at once."""
    for start in (b"GET / HTTP/1.1\r\nCookie: ", HANDSHAKE.removesuffix(b"\r\n") + b"Cookie: "):
        head = raw_answer(connect, start + b"x" * 33_000 + b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 431 ")


@rule("http.forms")
@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_old_http_is_answered(connect: Connect, path: str) -> None:
    """A request in HTTP/1.0, such as a proxy sends, is answered, with or without a host."""
    for headers in ("", "Host: 127.0.0.1:8080\r\nConnection: close\r\nX-Real-IP: 192.0.2.1\r\n"):
        head = raw_answer(connect, f"GET {path} HTTP/1.0\r\n{headers}\r\n".encode())

        assert head.startswith(b"HTTP/1.1 200 ")


@rule("http.forms")
@pytest.mark.parametrize("path", ["/", "/healthz", "/ws", "/nothing"])
def test_answer_says_that_it_is_the_last(connect: Connect, path: str) -> None:
    """An answer after which the connection ends says so, because a browser may send more."""
    browser: WebSocketClient = connect(handshake=False, welcome=False)

    browser.send_raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = browser.wait_raw(b"\r\n\r\n")
    if b"\r\nconnection: close" not in head.lower():
        other, status = ("/", b" 200 ") if b" 404 " in head else ("/nothing", b" 404 ")
        browser.send_raw(f"GET {other} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        browser.wait_raw(b"HTTP/1.1" + status)


@rule("http.forms")
def test_upgrade_in_old_http_is_refused(connect: Connect) -> None:
    """``GET /ws`` in HTTP/1.0 gets 426, with an upgrade among its headers or without."""
    for request in (
        b"GET /ws HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        HANDSHAKE.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ):
        head = raw_answer(connect, request)

        assert head.startswith(b"HTTP/1.1 426 ")
        assert b"upgrade: websocket" in head.lower()


@rule("http.forms")
def test_target_may_be_absolute(connect: Connect) -> None:
    """A target with a scheme and a host means its path."""
    for target, status in (
        ("http://localhost/", 200),
        ("http://localhost:8080", 200),
        ("HTTP://LOCALHOST/healthz?x", 200),
        ("https://localhost/", 200),
        ("ws://localhost/healthz", 200),
        ("Wss://localhost:8080/ws", 426),
        ("http://localhost/ws", 426),
        ("http://localhost/nothing", 404),
    ):
        request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        head = raw_answer(connect, request.encode())

        assert head.startswith(f"HTTP/1.1 {status} ".encode()), target


@rule("http.forms")
def test_handshake_may_have_an_absolute_target(connect: Connect) -> None:
    """A handshake with an absolute target joins the room."""
    client: WebSocketClient = connect(path="http://127.0.0.1:8080/ws")

    client.wait_for(client.send_fence())


@rule("http.prefix")
def test_prefix_of_a_proxy_makes_no_difference(ask: Ask, connect: Connect) -> None:
    """Behind a prefix there are the same page, the same counts and the same room."""
    for prefix in ("/chat", "/~anna/hubbub-1.0"):
        client: WebSocketClient = connect(path=f"{prefix}/ws?x")

        assert ask(f"{prefix}/").body == ask("/").body
        assert ask(f"{prefix}/healthz").headers["content-type"] == "application/json"
        client.wait_for(client.send_fence())


@rule("http.prefix")
def test_path_is_no_prefix(ask: Ask, connect: Connect) -> None:
    """A path that only looks like a prefix of another one is not found."""
    paths = ("/ws/ws", "/healthz/", "/ws/", "/chat", "/chat/ws/", "/../ws", "/chat//ws", "/chatws")

    statuses = {path: ask(path).status for path in paths}

    assert statuses == dict.fromkeys(paths, 404)
    with pytest.raises(Refused):
        connect(path="/ws/ws", welcome=False)


@rule("http.malformed")
@settings(handshake_timeout=600)
@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\nHost: localhost\n\n",
        "GET /ws HTTP/1.1\r\nHost: localhost\n\n",
        "hello there\n",
        "GET /\r\n",
        "\x16\x03\x01\n",
    ],
    ids=ascii,
)
def test_malformed_request_is_answered_at_once(connect: Connect, request_text: str) -> None:
    """A request that is not HTTP, or with a line that ends without CR, gets 400 at once."""
    try:
        head = raw_answer(connect, request_text.encode())
    except Mismatch as waited:
        raise AssertionError(f"no answer came: {waited}") from None

    assert head.startswith(b"HTTP/1.1 400 ")
