"""The client of the line door: lines, and the ways in which a connection ends."""

import socket
import struct

import pytest

from conformance.tcp_client import TcpClient
from tests.conformance.by_hand import Stage


def test_line_arrives_however_it_is_cut(stage: Stage) -> None:
    """Lines are the same lines whole, in pieces, or many at once."""
    anna, server = stage.tcp()

    for piece in (b"on", b"e\ntw", b"o\nthree\n"):
        server.sendall(piece)

    anna.expect("one", "two", "three")


def test_end_of_stream_is_told_from_a_reset(stage: Stage) -> None:
    """An orderly end and a reset are different ends."""
    anna, orderly = stage.tcp()
    ben, rude = stage.tcp()

    orderly.close()
    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    rude.close()

    assert anna.expect_end().how == "eof"
    assert ben.expect_end().how == "reset"


def test_last_line_without_its_end_is_a_violation(stage: Stage) -> None:
    """A server has to end every line with its terminator."""
    anna, server = stage.tcp()

    server.sendall(b"half a li")
    server.close()

    assert anna.expect_end().how == "violation"


def test_nobody_listening_is_an_os_error(stage: Stage) -> None:
    """A connection that nobody accepts raises an OSError, which a test may expect."""
    address = stage.address
    stage.clear()

    with pytest.raises(ConnectionRefusedError):
        TcpClient(address)
