"""Opening the doors, with both versions of IP."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from implementations.core.errors import CannotStart
from implementations.core.settings import Endpoint
from implementations.doors import listen, peer_name, where
from tests.implementations.running import run_python


def has_ipv6() -> bool:
    """Whether this machine has an IPv6 loopback address."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


NEEDS_IPV6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback address")


@pytest.fixture(params=["127.0.0.1", pytest.param("::1", marks=NEEDS_IPV6)])
def door(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """An open door on a free port."""
    with listen(Endpoint(request.param, 0)) as sock:
        yield sock


def test_door_is_where_it_says(door: socket.socket) -> None:
    """Port 0 takes a free port; ``where`` returns it, and a client can connect there."""
    host, port = where(door)

    socket.create_connection((host, port)).close()

    assert port != 0
    assert Endpoint.parse(str(where(door))) == where(door)


def test_newcomer_has_its_address_for_a_name(door: socket.socket) -> None:
    """A peer's first name is its address, IPv6 in brackets."""
    with socket.create_connection(where(door)) as peer:
        door.setblocking(True)
        accepted, address = door.accept()
        accepted.close()

        host, port, *_ = peer.getsockname()

    assert peer_name(address) == (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


@NEEDS_IPV6
def test_door_without_a_host_is_at_every_address() -> None:
    """A door without a host takes IPv4 and IPv6, and names each peer by its own address."""
    names = []
    with listen(Endpoint("", 0)) as door:
        door.setblocking(True)
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, where(door).port)) as peer:
                accepted, address = door.accept()
                accepted.close()
                names.append((peer_name(address), peer.getsockname()[1]))

    assert [name for name, _ in names] == [
        f"127.0.0.1:{names[0][1]}",
        f"[::1]:{names[1][1]}",
    ]


def test_door_without_a_host_needs_no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without IPv6 a door without a host is at every IPv4 address."""
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)

    with listen(Endpoint("", 0)) as door:
        assert where(door).host == "0.0.0.0"
        socket.create_connection(("127.0.0.1", where(door).port)).close()


def test_door_never_waits(door: socket.socket) -> None:
    """``accept`` fails at once when no client is waiting."""
    with pytest.raises(BlockingIOError):
        door.accept()


def test_newcomer_inherits_the_options(door: socket.socket) -> None:
    """An accepted socket sends small messages at once and buffers little in the kernel."""
    with socket.create_connection(where(door)):
        door.setblocking(True)
        accepted, _ = door.accept()
        with accepted:
            no_delay = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            buffer_bytes = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)

    assert no_delay
    assert buffer_bytes <= 2 * 64 * 1024  # Linux doubles the number, for its own bookkeeping


def test_taken_port_cannot_be_opened(door: socket.socket) -> None:
    """A second door on one port is refused with one line: the place and the reason."""
    with pytest.raises(CannotStart) as caught:
        listen(where(door))

    assert str(caught.value) == f"cannot listen on {where(door)}: address already in use"


def test_address_of_another_machine_cannot_be_opened() -> None:
    """An address of another machine is refused with one line. (No machine has TEST-NET.)"""
    with pytest.raises(CannotStart) as caught:
        listen(Endpoint("192.0.2.1", 0))

    assert str(caught.value) == ("cannot listen on 192.0.2.1:0: cannot assign requested address")


@pytest.mark.parametrize(
    ("soft", "hard", "max_clients", "limit", "warning"),
    [
        pytest.param(200, 400, 100, 200, None, id="enough"),
        pytest.param(100, 400, 300, 364, None, id="raised"),
        pytest.param(400, 400, 337, 400, "at most 336 clients can connect, not 337", id="short"),
        pytest.param(100, 400, 900, 400, "at most 336 clients can connect, not 900", id="as far"),
    ],
)
def test_descriptor_limit_is_raised_as_far_as_it_goes(
    soft: int, hard: int, max_clients: int, limit: int, warning: str | None
) -> None:
    """The soft limit is raised to what the clients need, with a warning if that is too much."""
    ended = run_python(
        "-c",
        "import resource\n"
        "from implementations.doors import raise_descriptor_limit\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        f"print(raise_descriptor_limit({max_clients}))\n"
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))\n",
    )

    said, limits = ended.stdout.splitlines()
    assert limits == f"{limit} {hard}"
    assert said.startswith(str(warning))
