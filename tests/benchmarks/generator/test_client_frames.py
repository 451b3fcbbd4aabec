"""The client's side of a WebSocket as bytes, checked against the `websockets` library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side
from websockets.utils import accept_key as their_accept_key

from benchmarks.generator import client_frames


SIZES = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536])


@given(SIZES)
def test_client_frame_is_read_by_a_server(size: int) -> None:
    """A server reads a client's frame of any size."""
    server = Protocol(Side.SERVER, max_size=None)

    server.receive_data(client_frames.client_frame(client_frames.TEXT, b"x" * size))

    assert server.events_received() == [Frame(Opcode.TEXT, b"x" * size)]


@given(st.lists(SIZES, max_size=4), st.integers(min_value=0, max_value=9))
def test_server_frames_are_split(sizes: list[int], missing: int) -> None:
    """A server's frames are returned whole, and the bytes of an unfinished one are kept."""
    bodies = [b"y" * size for size in sizes]
    stream = b"".join(Frame(Opcode.TEXT, body).serialize(mask=False) for body in bodies)
    partial = Frame(Opcode.TEXT, b"z" * 9).serialize(mask=False)[: 2 + 9 - missing - 1]

    whole, rest = client_frames.split_frames(stream + partial)

    assert whole == [(client_frames.TEXT, True, body) for body in bodies]
    assert rest == partial


def test_fragments_are_returned_as_fragments() -> None:
    """The fragments of a message are returned one by one, and only the last is marked as last."""
    pieces = [Frame(Opcode.TEXT, b"a", fin=False), Frame(Opcode.CONT, b"b", fin=True)]
    stream = b"".join(piece.serialize(mask=False) for piece in pieces)

    whole, _ = client_frames.split_frames(stream)

    assert whole == [(client_frames.TEXT, False, b"a"), (client_frames.CONTINUATION, True, b"b")]


def test_masked_frame_is_refused() -> None:
    """A masked frame, which no server may send, is refused."""
    with pytest.raises(ValueError, match="masked"):
        client_frames.split_frames(Frame(Opcode.TEXT, b"masked").serialize(mask=True))


def test_accept_key_is_the_standard_one() -> None:
    """The expected answer to a handshake is the one of the standard."""
    key = client_frames.new_key()

    assert client_frames.accept_key(key) == their_accept_key(key)


def test_upgrade_is_accepted() -> None:
    """An upgrade with the right answer to the key is accepted, in any spelling of its headers."""
    key = client_frames.new_key()
    head = f"HTTP/1.1 101 Switching\r\nsec-websocket-ACCEPT:  {client_frames.accept_key(key)}"

    client_frames.check_upgrade(head.encode(), key)


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK", b"HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: other", b"\xff"],
)
def test_other_answers_are_refused(head: bytes) -> None:
    """Another status is refused, and so is the answer to another key."""
    with pytest.raises(ValueError, match=r".*"):
        client_frames.check_upgrade(head, client_frames.new_key())
