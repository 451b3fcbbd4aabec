"""Rules of the area ``http``: the chat page, and requests that are refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance import (
    ClientFactory,
    Connect,
    Door,
    Refused,
    Response,
    ServerFactory,
    WebSocketClient,
    http_request,
    rule,
)


Ask = Callable[..., Response]


@rule("http.page")
def test_page_is_html(ask: Ask) -> None:
    """``GET /`` gives a page that a browser shows."""
    page = ask("/")

    assert page.status == 200
    assert page.headers.get("content-type", "").startswith("text/html")
    assert b"<html" in page.body.lower()


@rule("http.page")
def test_page_does_not_depend_on_the_working_directory(
    ask: Ask, server_with: ServerFactory, door: Door, tmp_path: Path
) -> None:
    """The page is the same in whatever folder the server was started."""
    elsewhere = server_with(cwd=tmp_path)

    page = http_request(elsewhere.address(door), "/")

    assert page.status == 200
    assert page.body == ask("/").body


@rule("http.page")
def test_page_may_be_asked_for_with_a_query(ask: Ask) -> None:
    """A query behind a ``?`` gives the same page."""
    page = ask("/?name=anna&colour=blue")

    assert page.status == 200
    assert page.body == ask("/").body


@rule("http.page")
def test_request_for_the_page_may_come_in_pieces(connect: Connect) -> None:
    """A request that comes byte by byte is answered like any other."""
    browser: WebSocketClient = connect(handshake=False, welcome=False)

    for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":
        browser.send_raw(bytes([byte]))

    assert browser.wait_raw(b"\r\n").startswith(b"HTTP/1.1 200 ")


@rule("http.page")
def test_nobody_hears_of_a_visit(clients: ClientFactory, ask: Ask) -> None:
    """A client that only asks for a page was never in the room."""
    (anna,) = clients("anna")

    for path in ("/", "/healthz", "/ws", "/nothing"):
        ask(path)
    fence = anna.send_fence()

    anna.expect_nothing_but(fence)


@rule("http.upgrade-required")
def test_socket_without_an_upgrade_is_refused(ask: Ask) -> None:
    """``GET /ws`` without an upgrade gets 426, with a header that names the right upgrade."""
    for path in ("/ws", "/ws?name=anna"):
        response = ask(path)

        assert response.status == 426
        assert response.headers.get("upgrade", "").lower() == "websocket"


@rule("http.upgrade-required")
def test_another_upgrade_is_none(ask: Ask) -> None:
    """``GET /ws`` with an upgrade to another protocol gets 426."""
    response = ask("/ws", headers={"Connection": "Upgrade", "Upgrade": "h2c"})

    assert response.status == 426


INCOMPLETE: dict[str, dict[str, str | None]] = {
    "no key": {"Sec-WebSocket-Key": None},
    "short key": {"Sec-WebSocket-Key": "c2hvcnQ="},
    "no version": {"Sec-WebSocket-Version": None},
    "old version": {"Sec-WebSocket-Version": "8"},
    "no upgrade": {"Upgrade": None},
    "no connection": {"Connection": None},
    "kept alive": {"Connection": "keep-alive"},
}


@rule("http.upgrade-required")
def test_half_an_upgrade_is_refused(connect: Connect) -> None:
    """A handshake with a missing or bad header gets 426 or 400."""
    statuses = {}

    for lack, headers in INCOMPLETE.items():
        with pytest.raises(Refused) as refusal:
            connect(welcome=False, headers=headers)
        statuses[lack] = refusal.value.status

    assert {lack: status for lack, status in statuses.items() if status not in (426, 400)} == {}


@rule("http.upgrade-required")
def test_upgrade_may_be_spelled_in_many_ways(connect: Connect) -> None:
    """The upgrade headers count in any letter case, and among other options."""
    spellings = (
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "upgrade"},
        {"Upgrade": "WebSocket"},
        {"connection": "Upgrade", "Connection": None},
    )

    for headers in spellings:
        client: WebSocketClient = connect(headers=headers)

        client.wait_for(client.send_fence())


@rule("http.upgrade-required")
def test_upgrade_may_carry_a_query(connect: Connect) -> None:
    """A handshake at ``/ws`` may have a query behind a ``?``."""
    client: WebSocketClient = connect(path="/ws?name=anna")

    client.wait_for(client.send_fence())


@rule("http.not-found")
def test_other_paths_are_not_found(ask: Ask) -> None:
    """Any other path gets 404, however similar it is to an existing one."""
    paths = (
        "/nothing",
        "/nothing?/ws",
        "/index.html",
        "/ws/",
        "/wss",
        "/WS",
        "/healthz/",
        "/health",
        "/../../../../etc/passwd",
        "/%2e%2e/PROTOCOL.md",
    )

    statuses = {path: ask(path).status for path in paths}

    assert statuses == dict.fromkeys(paths, 404)


@rule("http.not-found")
def test_upgrade_elsewhere_is_not_found(connect: Connect) -> None:
    """A handshake at any path but ``/ws`` gets 404."""
    statuses = []

    for path in ("/chat", "/ws/room"):
        with pytest.raises(Refused) as refusal:
            connect(path=path, welcome=False)
        statuses.append(refusal.value.status)

    assert statuses == [404, 404]


METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH")


@rule("http.method")
def test_other_methods_are_refused(ask: Ask) -> None:
    """Any method but GET and HEAD gets 405 on every path, with a header that names GET."""
    requests = [(method, path) for method in METHODS for path in ("/", "/healthz", "/ws")]

    responses = {request: ask(request[1], method=request[0]) for request in requests}

    assert {request: r.status for request, r in responses.items()} == dict.fromkeys(requests, 405)
    assert [request for request, r in responses.items() if "GET" not in r.headers["allow"]] == []


@rule("http.method")
def test_refusal_survives_a_long_request(connect: Connect) -> None:
    """A client whose long request is refused still gets the whole answer."""
    body = b"x" * (1 << 18)
    sender: WebSocketClient = connect(handshake=False, welcome=False)

    sender.send_raw(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    )
    sender.wait_raw(b"\r\n\r\n")  # the refusal is on its way; send the body all the same
    sender.send_raw(body)

    assert sender.expect_end().how == "eof"
    assert sender.raw.startswith(b"HTTP/1.1 405 ")
