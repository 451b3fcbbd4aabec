"""A server that has nothing to deliver ends at once, though it might take its time."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from conformance.timing import TICK
from implementations.servers import SERVERS
from tests.implementations.running import ENDS_WITHIN, ROOT


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
