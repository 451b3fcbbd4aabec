"""The nine servers, under their ids."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from conformance.timing import TICK
from implementations.core.errors import SettingsError
from implementations.servers import SERVERS, Server, find_server
from tests.implementations.running import ENDS_WITHIN, ROOT, run_python


EVERY_SERVER = pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.id)

AXES = {
    "runtime": ("threads", "asyncio", "trio"),
    "hub": ("mutex", "broadcaster", "direct"),
    "delivery": ("outbox", "direct"),
}


@EVERY_SERVER
def test_server_is_found_under_its_id(server: Server) -> None:
    """An id is the runtime and the hub, and finds that server and no other."""
    assert server.id == f"{server.runtime}-{server.hub}"
    assert find_server(server.id) is server


@pytest.mark.parametrize("server_id", ["", "asyncio", "mutex", "asyncio-abacus", "a\nb"])
def test_unknown_id_is_refused(server_id: str) -> None:
    """An unknown id is refused with one line that names it."""
    with pytest.raises(SettingsError) as caught:
        find_server(server_id)

    assert str(caught.value).startswith(f"unknown server {server_id!r} ")
    assert len(str(caught.value).splitlines()) == 1


@EVERY_SERVER
def test_server_has_its_place_in_the_matrix(server: Server) -> None:
    """A server's axes have known values, and only a direct hub delivers by itself."""
    assert server.runtime in AXES["runtime"]
    assert server.hub in AXES["hub"]
    assert server.delivery in AXES["delivery"]
    assert (server.hub == "direct") == (server.delivery == "direct")


@EVERY_SERVER
def test_summary_fits_on_a_line(server: Server) -> None:
    """A summary is one line that fits into a terminal beside the longest id."""
    assert server.summary.isprintable()
    assert 0 < len(server.summary) <= 80 - len("threads-broadcaster  ")


def test_listing_the_servers_loads_none() -> None:
    """Listing the servers loads no runtime."""
    ended = run_python(
        "-c",
        "import sys, implementations.registry\n"
        "print([name for name in sys.modules if name.startswith('implementations.on_')])",
    )

    assert (ended.stdout, ended.stderr) == ("[]\n", "")


NEVER_S = str(3 * ENDS_WITHIN)


@pytest.mark.parametrize("server_id", [server.id for server in SERVERS])
def test_unfinished_requests_end_with_the_server(server_id: str) -> None:
    """Connections without a request, or with half of one, are dropped when the server stops."""
    command = [sys.executable, "-m", "implementations", server_id, "--log-level=ERROR"]
    command += ["--tcp=127.0.0.1:0", "--ws=127.0.0.1:0"]
    command += [f"--drain-timeout={NEVER_S}", f"--handshake-timeout={NEVER_S}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            doors = dict(word.split("=") for word in server.stdout.readline().split()[3:])
            tcp, ws = (("127.0.0.1", int(doors[d].rpartition(":")[2])) for d in ("tcp", "ws"))
            with (
                socket.create_connection(ws),
                socket.create_connection(ws) as half,
                socket.create_connection(ws) as whole,
                socket.create_connection(tcp) as member,
            ):
                half.sendall(b"GET /ws HTTP/1.1\r\n")
                whole.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
                assert whole.recv(1)  # the acceptor takes newcomers in order
                assert member.recv(1)
                server.send_signal(signal.SIGTERM)
                while member.recv(4096):
                    pass
                member.close()
                assert server.wait(ENDS_WITHIN + TICK) == 0
        finally:
            server.kill()
