"""One client's connection, with both generators: frames of every length, and every bad end."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from benchmarks.generator.client import Client, CutOff
from benchmarks.generator.ledger import Ledger
from benchmarks.generator.process import LoadError
from tests.benchmarks.generator.programs import FAULTY, SMALL, Command, faults, load
from tests.benchmarks.relay import relaying


def test_bytes_that_the_socket_does_not_take_are_sent_later() -> None:
    """Sending never waits: the rest stays in the client's queue until the socket takes it."""
    ledger, selector, size = Ledger(payload_bytes=16), selectors.DefaultSelector(), 10_000_000
    with socket.create_server(("127.0.0.1", 0)) as door:
        client = Client(0, door.getsockname()[:2], selector, ledger)
        server, _ = door.accept()
        client.send_text(b"x" * size)

        with server:
            received = 0
            while received < size:
                received += len(server.recv(1 << 20))
                for _, ready in selector.select(0):
                    if ready & selectors.EVENT_WRITE:
                        client.flush()

        with pytest.raises(CutOff, match="client 0 was cut off"):
            client.hear()
    client.hang_up()


@pytest.mark.parametrize(
    ("payload_bytes", "head_bytes"), [(16, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)]
)
def test_payloads_of_every_length_are_read(
    command: Command, payload_bytes: int, head_bytes: int
) -> None:
    """A frame's head has three lengths: each is written and read, and every byte is counted."""
    with relaying() as address:
        account, _, found = load(address, command, replace(SMALL, payload_bytes=payload_bytes))

    assert (faults(found), found.finding) == ({}, "")
    assert account.received_bytes == 4 * 40 * (head_bytes + payload_bytes)


def test_connection_that_is_cut_off_is_said(command: Command) -> None:
    """If the server drops a client during the run, one line names the client."""

    def drop(client: int, message: int, text: str) -> list[str]:
        if message == FAULTY:
            raise ConnectionResetError
        return [text]

    with relaying(drop) as address, pytest.raises(LoadError, match=r"^client \d was c"):
        load(address, command)


def test_refused_handshake_is_said(command: Command) -> None:
    """If the server refuses the upgrade, the error quotes its answer."""

    def refuse(connection: ServerConnection, request: Request) -> Response:
        return Response(503, "Service Unavailable", Headers())

    with relaying(refuse=refuse) as address, pytest.raises(LoadError, match=r"refused: .*503"):
        load(address, command)


@contextmanager
def nobody_listening() -> Iterator[str]:
    with socket.socket() as taken:  # bound and not listening: no other program gets the port
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_unreachable_server_is_said(command: Command) -> None:
    """If no server listens, the run ends with the system's error."""
    with nobody_listening() as address, pytest.raises(LoadError, match="Connection refused"):
        load(address, command)
