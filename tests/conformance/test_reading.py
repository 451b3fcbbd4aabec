"""The thread that reads a client's socket can be stopped, and then loses nothing."""

import socket

import pytest

from conformance.expectations import Mismatch
from conformance.timing import TICK
from tests.conformance.by_hand import Stage


SOON = TICK / 2  # seconds; for a wait that is meant to fail


def test_clogged_client_reads_nothing_until_it_resumes(stage: Stage) -> None:
    """After clog() the kernel keeps what comes; after resume() none of it is lost."""
    anna, server = stage.tcp()
    anna.clog()
    server.sendall(b"waiting\n")

    with pytest.raises(Mismatch, match="has stopped reading"):
        anna.next_line(within=SOON)
    held = anna.unread_bytes()
    anna.resume()

    assert held == len(b"waiting\n")
    anna.expect("waiting")


def test_clogged_client_makes_the_server_wait(stage: Stage) -> None:
    """The kernel takes only so much for a client that does not read."""
    anna, server = stage.tcp()
    anna.clog()
    server.setblocking(False)

    with pytest.raises(BlockingIOError):
        _send_for_ever(server)

    assert anna.unread_bytes() > 0


def _send_for_ever(sock: socket.socket) -> None:
    while True:
        sock.send(b"x" * 65536)
