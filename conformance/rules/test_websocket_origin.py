"""Rules of the area ``websocket``: which web pages may connect."""

import socket
from collections.abc import Mapping

import pytest

from conformance import (
    ClientFactory,
    Connect,
    Launch,
    NotReady,
    Refused,
    Server,
    Unknown,
    WebSocketClient,
    rule,
    settings,
)
from conformance.server import spell


def own_origin(server: Server) -> str:
    return f"http://{spell(server.ws)}"


def host_of(server: Server) -> str:
    """Return the server's own host as an origin spells it: an IPv6 address stands in brackets."""
    return spell(server.ws).rpartition(":")[0]


def status_of(
    connect: Connect, headers: Mapping[str, str | None], server: Server | None = None
) -> int:
    """Try to connect with some headers; return the status of the answer."""
    try:
        client: WebSocketClient = connect(headers=headers, server=server)
    except Refused as refusal:
        return refusal.status
    client.close()
    return 101


@rule("websocket.origin")
def test_own_page_may_connect(server: Server, connect: Connect) -> None:
    """An origin with the server's own host and port is let in."""
    status = status_of(connect, {"Origin": own_origin(server)})

    assert status == 101


@rule("websocket.origin")
def test_who_is_no_page_may_connect(connect: Connect) -> None:
    """A client that names no origin, and so is no browser, is let in."""
    status = status_of(connect, {"Origin": None})

    assert status == 101


@rule("websocket.origin")
def test_own_host_is_the_one_the_client_asked_for(connect: Connect, launch: Launch) -> None:
    """The server's own host is what ``Host`` says, in any letter case, with or without a port."""
    with socket.create_server(("0.0.0.0", 0)) as sock:
        port = sock.getsockname()[1]
    server = launch(ws=f"0.0.0.0:{port}")
    try:
        server.wait_ready()
    except NotReady as error:
        raise Unknown(f"it opens no door at 0.0.0.0: {error}") from None
    origins = {
        "Chat.Example:9000": "http://chat.example:9000",
        "chat.example": "http://chat.example",
        "chat.example:80": "http://chat.example",
        "[::1]:9000": "http://[::1]:9000",
    }

    statuses = {
        host: status_of(connect, {"Host": host, "Origin": origin}, server=server)
        for host, origin in origins.items()
    }

    assert statuses == dict.fromkeys(origins, 101)


@rule("websocket.host")
def test_foreign_name_of_a_loopback_address_is_refused(server: Server, connect: Connect) -> None:
    """At a loopback address, a host with a foreign name is refused, even beside its own origin."""
    _, port = server.ws
    hosts = (
        f"evil.example:{port}",
        f"127.0.0.1.evil.example:{port}",
        f"localhost.evil.example:{port}",
        f"evil-localhost:{port}",
        f"192.0.2.1:{port}",
        "evil.example",
    )

    statuses = {
        host: status_of(connect, {"Host": host, "Origin": f"http://{host}"}) for host in hosts
    }

    assert statuses == dict.fromkeys(hosts, 403)


@rule("websocket.host")
def test_names_of_the_loopback_may_be_used(server: Server, connect: Connect) -> None:
    """At a loopback address, every loopback name or address may be used, with any port."""
    _, port = server.ws
    hosts = (
        f"127.0.0.1:{port}",
        f"localhost:{port}",
        f"LocalHost:{port}",
        "127.0.0.1:9",
        "127.0.0.2",
        "127.255.255.254:9",
        "[::1]:9",
        "[::1]",
        "localhost.:9",
        "chat.localhost",
        "chat.localhost.",
    )

    statuses = {
        host: status_of(connect, {"Host": host, "Origin": f"http://{host.lower()}"})
        for host in hosts
    }

    assert statuses == dict.fromkeys(hosts, 101)


@rule("websocket.host")
def test_host_of_the_target_counts(server: Server, connect: Connect) -> None:
    """A target with a host counts as ``Host``, whatever the header says."""
    own = f"{host_of(server)}:{server.ws[1]}"
    cases = {
        (own, "evil.example", own): 101,
        ("evil.example", own, own): 403,
        ("evil.example", own, "evil.example"): 403,
    }

    statuses = {}
    for target, host, origin in cases:
        ben: WebSocketClient = connect(handshake=False, welcome=False)
        ben.send_raw(
            f"GET http://{target}/ws HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{origin}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        statuses[target, host, origin] = int(ben.wait_raw(b"\r\n").split()[1])

    assert statuses == cases


@rule("websocket.origin")
def test_port_of_a_scheme_need_not_be_written(connect: Connect) -> None:
    """An origin and a host agree if one of them has no port and the other has the scheme's."""
    pairs = {
        ("http://localhost", "localhost:80"): 101,
        ("http://localhost:80", "localhost"): 101,
        ("https://localhost", "localhost:443"): 101,
        ("https://localhost:443", "localhost"): 101,
        ("https://localhost", "localhost:80"): 403,
        ("http://localhost", "localhost:443"): 403,
    }

    statuses = {
        (origin, host): status_of(connect, {"Host": host, "Origin": origin})
        for origin, host in pairs
    }

    assert statuses == pairs


@rule("websocket.host")
@settings(allow_origin=["https://chat.example"])
def test_allowed_origin_may_use_its_own_name(connect: Connect) -> None:
    """At a loopback address behind a proxy, an origin that was named may connect."""
    headers: dict[str, str | None] = {"Host": "chat.example", "Origin": "https://chat.example"}

    assert status_of(connect, headers) == 101


FOREIGN = (
    "http://evil.example",
    "http://evil.example:{port}",
    "http://{host}:1",
    "null",
    "nonsense",
    "http://",
    "http://[",
    "http://{host}:nonsense",
)


@rule("websocket.origin")
def test_foreign_origin_is_refused(server: Server, connect: Connect) -> None:
    """An origin with another host or port, or without a host, is refused with 403."""
    host, port = host_of(server), server.ws[1]
    origins = [origin.format(host=host, port=port) for origin in FOREIGN]

    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in origins}

    assert statuses == dict.fromkeys(origins, 403)


LOOK_ALIKES = (
    "http://{host}.evil.example:{port}",
    "http://evil.example.{host}:{port}",
    "http://{host}:{port}.evil.example",
    "http://{host}:{port}@evil.example",
    "http://evil.example/{host}:{port}",
    "http://evil.example?{host}:{port}",
    "http://evil.example#http://{host}:{port}",
)


@rule("websocket.origin")
def test_look_alike_origin_is_refused(server: Server, connect: Connect) -> None:
    """An origin that only contains the server's host and port is refused with 403."""
    host, port = host_of(server), server.ws[1]
    origins = [origin.format(host=host, port=port) for origin in LOOK_ALIKES]

    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in origins}

    assert statuses == dict.fromkeys(origins, 403)


@rule("websocket.origin")
@pytest.mark.parametrize("foreign", ["first", "last"])
def test_second_host_lets_nobody_in(foreign: str, server: Server, connect: Connect) -> None:
    """A request that names two hosts, one of them foreign, is refused, whichever comes first."""
    own = f"{host_of(server)}:{server.ws[1]}"
    hosts = ["evil.example", own] if foreign == "first" else [own, "evil.example"]
    ben: WebSocketClient = connect(handshake=False, welcome=False)

    ben.send_raw(
        f"GET /ws HTTP/1.1\r\nHost: {hosts[0]}\r\nHost: {hosts[1]}\r\nOrigin: http://{hosts[0]}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )

    assert ben.wait_raw(b"\r\n").startswith(b"HTTP/1.1 4")


@rule("websocket.origin")
def test_nobody_hears_of_a_refused_origin(clients: ClientFactory, connect: Connect) -> None:
    """A client whose origin is refused was never in the room."""
    (anna,) = clients("anna")

    status_of(connect, {"Origin": "http://evil.example"})
    fence = anna.send_fence()

    anna.expect_nothing_but(fence)


FRIENDS = ("https://chat.example", "http://localhost:3000")


@rule("websocket.allow-origin")
@settings(allow_origin=FRIENDS)
def test_each_named_origin_may_connect(connect: Connect) -> None:
    """Every origin that was named is let in."""
    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in FRIENDS}

    assert statuses == dict.fromkeys(FRIENDS, 101)


@rule("websocket.allow-origin")
@settings(allow_origin=FRIENDS)
def test_origin_that_is_not_named_is_refused(connect: Connect) -> None:
    """Every other foreign origin is still refused, even one that resembles a named one."""
    origins = (
        "http://evil.example",
        "http://chat.example",
        "https://chat.example:8443",
        "https://chat.example.evil.example",
        "https://evil-chat.example",
        "null",
    )

    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in origins}

    assert statuses == dict.fromkeys(origins, 403)


@rule("websocket.allow-origin")
@settings(allow_origin=FRIENDS)
def test_naming_origins_does_not_lock_the_own_page_out(server: Server, connect: Connect) -> None:
    """The server's own page is let in, whatever other origins are named."""
    status = status_of(connect, {"Origin": own_origin(server)})

    assert status == 101


@rule("websocket.allow-origin")
@settings(allow_origin="*")
def test_star_lets_every_origin_in(connect: Connect) -> None:
    """``*`` stands for every origin, even ``null``."""
    origins = ("http://evil.example", "null")

    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in origins}

    assert statuses == dict.fromkeys(origins, 101)


@rule("websocket.version")
def test_wrong_version_is_told_the_right_one(connect: Connect) -> None:
    """A handshake of another version gets 400 or 426, and the version that the server speaks."""
    for version in ("8", "14"):
        with pytest.raises(Refused) as refusal:
            connect(welcome=False, headers={"Sec-WebSocket-Version": version})

        assert refusal.value.status in (400, 426)
        assert refusal.value.response.headers.get("sec-websocket-version") == "13"
