"""The client's side of a WebSocket as bytes, held against the `websockets` library's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side
from websockets.utils import accept_key as their_accept_key

from benchmarks import frames
from benchmarks.frames import MIN_PAYLOAD_BYTES


SIZES = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536])


@given(SIZES)
def test_client_frame_is_read_by_a_server(size: int) -> None:
    """A frame of any size is masked and framed as a server expects it."""
    server = Protocol(Side.SERVER, max_size=None)

    server.receive_data(frames.client_frame(frames.TEXT, b"x" * size))

    assert server.events_received() == [Frame(Opcode.TEXT, b"x" * size)]


@given(st.lists(SIZES, max_size=4), st.integers(min_value=0, max_value=9))
def test_server_frames_are_split(sizes: list[int], missing: int) -> None:
    """Frames of a server come apart whole, and one that is not whole yet is kept."""
    bodies = [b"y" * size for size in sizes]
    stream = b"".join(Frame(Opcode.TEXT, body).serialize(mask=False) for body in bodies)
    partial = Frame(Opcode.TEXT, b"z" * 9).serialize(mask=False)[: 2 + 9 - missing - 1]

    whole, rest = frames.split_frames(stream + partial)

    assert whole == [(frames.TEXT, True, body) for body in bodies]
    assert rest == partial


def test_fragments_are_told_from_whole_messages() -> None:
    """A message in pieces comes apart as pieces: the last one says that it is the last."""
    pieces = [Frame(Opcode.TEXT, b"a", fin=False), Frame(Opcode.CONT, b"b", fin=True)]
    stream = b"".join(piece.serialize(mask=False) for piece in pieces)

    whole, _ = frames.split_frames(stream)

    assert whole == [(frames.TEXT, False, b"a"), (frames.CONTINUATION, True, b"b")]


def test_masked_frame_is_refused() -> None:
    """A masked frame, which no server sends, is refused and not misread."""
    with pytest.raises(ValueError, match="masked"):
        frames.split_frames(Frame(Opcode.TEXT, b"masked").serialize(mask=True))


def test_accept_key_is_the_standard_one() -> None:
    """The answer expected to a handshake is the one that the standard prescribes."""
    key = frames.new_key()

    assert frames.accept_key(key) == their_accept_key(key)


@given(st.integers(0, 99_999_999), st.integers(MIN_PAYLOAD_BYTES, 300), st.binary(max_size=20))
def test_payload_tells_its_number(sequence: int, payload_bytes: int, prefix: bytes) -> None:
    """A payload has the size asked for, and its number is found behind any prefix."""
    text = frames.payload(sequence, payload_bytes)

    assert len(text) == payload_bytes
    assert frames.sequence_of(prefix + text, payload_bytes) == sequence


@pytest.mark.parametrize(
    "text", [b"", b"* X joined", frames.payload(7, 64)[:-1], frames.payload(7, 64)[:-1] + b"!"]
)
def test_text_that_is_no_payload_has_no_number(text: bytes) -> None:
    """A text that does not end with a whole payload has no number."""
    assert frames.sequence_of(text, 64) is None


def test_upgrade_is_accepted() -> None:
    """An upgrade with the right answer to the key is accepted, however it spells its headers."""
    key = frames.new_key()
    head = f"HTTP/1.1 101 Switching\r\nsec-websocket-ACCEPT:  {frames.accept_key(key)}"

    frames.check_upgrade(head.encode(), key)


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK", b"HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: other", b"\xff"],
)
def test_what_is_no_upgrade_is_refused(head: bytes) -> None:
    """Another status, or the answer to another key, is refused."""
    with pytest.raises(ValueError, match=r".*"):
        frames.check_upgrade(head, frames.new_key())
