"""Rules of the area ``http``: what the WebSocket door answers to who only asks."""

import json
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conformance import (
    TICK,
    WITHIN,
    Client,
    ClientFactory,
    Connect,
    ConnectionEnded,
    Door,
    Mismatch,
    Refused,
    Response,
    Server,
    ServerFactory,
    Unknown,
    WebSocketClient,
    http_request,
    rule,
    settings,
)


LIMITS = {"max_line": 64, "max_clients": 7}
HEALTH_KEYS = {"id", "policy", *LIMITS, "clients", "messages", "deliveries", "evictions"}
LONG_LINE = "x" * 1000
CLOGGING_LINES = 600  # more than the kernel buffers for a clogged client, less than 1 MiB

Ask = Callable[..., Response]


@pytest.fixture
def ask(server: Server, door: Door) -> Ask:
    """Makes one HTTP request: ``ask("/healthz")``, ``ask("/ws", method="POST")``."""
    return partial(http_request, server.address(door))


def health(ask: Ask) -> dict[str, Any]:
    """Return what ``/healthz`` says."""
    report = json.loads(ask("/healthz").body)
    assert isinstance(report, dict)
    return report


def settled_health(ask: Ask, **expected: int) -> dict[str, Any]:
    """Return what ``/healthz`` says once its numbers are as expected, or else at the deadline.

    A server may count a thing just after everybody has seen it.
    """
    deadline = time.monotonic() + WITHIN
    while True:
        report = health(ask)
        if expected.items() <= report.items() or time.monotonic() > deadline:
            return report


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
    """The page is the same wherever the server was started."""
    elsewhere = server_with(cwd=tmp_path)

    page = http_request(elsewhere.address(door), "/")

    assert page.status == 200
    assert page.body == ask("/").body


@rule("http.page")
def test_page_may_be_asked_for_with_a_query(ask: Ask) -> None:
    """What stands behind a ``?`` makes no other page of it."""
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
    """Who only asks for a page has never been in the room."""
    (anna,) = clients("anna")

    for path in ("/", "/healthz", "/ws", "/nothing"):
        ask(path)
    fence = anna.send_fence()

    anna.expect_nothing_but(fence)


@rule("http.health")
def test_health_is_json(ask: Ask) -> None:
    """``GET /healthz`` gives a JSON object with at least the eight entries, the numbers whole."""
    response = ask("/healthz")

    report = json.loads(response.body)
    assert response.status == 200
    assert response.headers.get("content-type", "").startswith("application/json")
    assert report.keys() >= HEALTH_KEYS
    assert {type(report[key]) for key in HEALTH_KEYS - {"id", "policy"}} == {int}


@rule("http.health")
@settings(max_line=LIMITS["max_line"], max_clients=LIMITS["max_clients"])
def test_health_tells_the_limits(ask: Ask) -> None:
    """The limits are those that the server was started with."""
    report = health(ask)

    assert {name: report.get(name) for name in LIMITS} == LIMITS


@rule("http.health")
def test_health_names_the_server(ask: Ask, server: Server) -> None:
    """The id is that of the ready line."""
    ready = re.search(r"^hubbub (\S+) ready", server.stdout_text(), re.MULTILINE)
    if ready is None:
        raise Unknown("it printed no ready line to compare with")

    assert health(ask)["id"] == ready[1]


@rule("http.health")
def test_health_names_the_policy_in_force(server_with: ServerFactory, door: Door) -> None:
    """The policy is the one that was chosen."""
    policies = ["disconnect", "drop-oldest"]

    asks = [
        partial(http_request, server_with(slow_consumer=policy).address(door))
        for policy in policies
    ]

    assert [health(ask)["policy"] for ask in asks] == policies


@rule("http.health")
def test_health_counts_who_is_in_the_room(
    ask: Ask, clients: ClientFactory, connect: Connect
) -> None:
    """Clients are those in the room: not who has left, and not who is still at the door."""
    counts = [health(ask)["clients"]]

    anna, ben = clients("anna", "ben")
    connect(handshake=False, welcome=False).send_raw(b"GET /ws HTTP/1.1\r\n")
    counts.append(settled_health(ask, clients=2)["clients"])
    ben.close()
    anna.wait_for("* ben left")
    counts.append(settled_health(ask, clients=1)["clients"])

    assert counts == [0, 2, 1]


@rule("http.health")
def test_health_counts_what_is_said(ask: Ask, clients: ClientFactory) -> None:
    """Each line that is said is one message, and one delivery for each client that gets it."""
    anna, ben, cara = clients("anna", "ben", "cara")
    before = health(ask)

    anna.say("one", "two", "three")
    for client in (anna, ben, cara):
        client.expect("anna: one", "anna: two", "anna: three")

    expected = {"messages": before["messages"] + 3, "deliveries": before["deliveries"] + 9}
    after = settled_health(ask, **expected)
    assert {key: after[key] for key in expected} == expected


@rule("http.health")
def test_health_counts_no_goodbye_as_an_eviction(ask: Ask, clients: ClientFactory) -> None:
    """Who leaves, politely or not, was not evicted."""
    anna, ben, cara, dora = clients("anna", "ben", "cara", "dora")

    ben.close()
    cara.say("/quit")
    dora.reset()
    left = {anna.wait_for(lambda line: line.endswith(" left")) for _ in range(3)}

    assert left == {"* ben left", "* cara left", "* dora left"}
    assert health(ask)["evictions"] == 0


@rule("http.health")
@settings(outbox=16)
def test_health_counts_who_overflows(ask: Ask, clients: ClientFactory, connect: Connect) -> None:
    """Who is cut off because its outbox is full was evicted, once."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", receive_buffer_bytes=4096)

    ben.clog()
    anna.say(*[LONG_LINE] * CLOGGING_LINES)
    wait_until_too_slow(anna, ben)

    assert settled_health(ask, evictions=1)["evictions"] == 1


@rule("http.health")
@settings(outbox=2 * CLOGGING_LINES, write_timeout=5 * TICK)
def test_health_counts_who_takes_nothing(
    ask: Ask, clients: ClientFactory, connect: Connect
) -> None:
    """Who is cut off because its socket takes nothing was evicted, once."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", receive_buffer_bytes=4096)

    ben.clog()
    anna.say(*[LONG_LINE] * CLOGGING_LINES)
    wait_until_too_slow(anna, ben)

    assert settled_health(ask, evictions=1)["evictions"] == 1


def wait_until_too_slow(witness: Client, clogged: Client) -> None:
    """Wait until a client is cut off for reading too slowly.

    Raises:
        Unknown: it never is, so there is nothing to count.
    """
    try:
        witness.wait_for(f"* {clogged.name} was too slow")
    except ConnectionEnded:
        raise
    except Mismatch:
        raise Unknown("a client that stopped reading was not cut off") from None


@rule("http.upgrade-required")
def test_socket_without_an_upgrade_is_refused(ask: Ask) -> None:
    """``GET /ws`` from who asks for no upgrade gets 426, and hears which one it takes."""
    for path in ("/ws", "/ws?name=anna"):
        response = ask(path)

        assert response.status == 426
        assert response.headers.get("upgrade", "").lower() == "websocket"


@rule("http.upgrade-required")
def test_another_upgrade_is_none(ask: Ask) -> None:
    """An upgrade to something else than WebSocket is as good as none."""
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
    """A handshake that lacks a header, or has a bad one, gets 426 or 400."""
    statuses = {}

    for lack, headers in INCOMPLETE.items():
        with pytest.raises(Refused) as refusal:
            connect(welcome=False, headers=headers)
        statuses[lack] = refusal.value.status

    assert {lack: status for lack, status in statuses.items() if status not in (426, 400)} == {}


@rule("http.upgrade-required")
def test_upgrade_may_be_spelled_in_many_ways(connect: Connect) -> None:
    """An upgrade is one in any case, and among other options of the connection."""
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
    """What stands behind a ``?`` keeps nobody out."""
    client: WebSocketClient = connect(path="/ws?name=anna")

    client.wait_for(client.send_fence())


@rule("http.not-found")
def test_other_paths_are_not_found(ask: Ask) -> None:
    """Any other path gets 404, however near it is to one that there is."""
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
    """A handshake anywhere but at ``/ws`` gets 404."""
    statuses = []

    for path in ("/chat", "/ws/room"):
        with pytest.raises(Refused) as refusal:
            connect(path=path, welcome=False)
        statuses.append(refusal.value.status)

    assert statuses == [404, 404]


METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "PROPFIND", "M-SEARCH")


@rule("http.method")
def test_other_methods_are_refused(ask: Ask) -> None:
    """Any method but GET gets 405 on every path, and hears which one there is."""
    requests = [(method, path) for method in METHODS for path in ("/", "/healthz", "/ws")]

    responses = {request: ask(request[1], method=request[0]) for request in requests}

    assert {request: r.status for request, r in responses.items()} == dict.fromkeys(requests, 405)
    assert [request for request, r in responses.items() if "GET" not in r.headers["allow"]] == []


@rule("http.method")
def test_refusal_survives_a_long_request(connect: Connect) -> None:
    """Who sends a long request that is refused still gets the whole answer."""
    body = b"x" * (1 << 18)
    sender: WebSocketClient = connect(handshake=False, welcome=False)

    sender.send_raw(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    )
    sender.wait_raw(b"\r\n\r\n")  # the refusal is on its way, and the body comes all the same
    sender.send_raw(body)

    assert sender.expect_end().how == "eof"
    assert sender.raw.startswith(b"HTTP/1.1 405 ")
