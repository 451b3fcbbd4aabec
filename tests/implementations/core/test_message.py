"""Lines are encoded for both doors and read back by a client of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from implementations.core.line_codec import without_controls
from implementations.core.message import TCP, WS, encode


def texts_at_the_websocket_door(data: bytes) -> list[str]:
    """Return the texts that a WebSocket client reads from ``data``; all frames must be text."""
    client = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN, max_size=None)
    client.receive_data(data)
    frames = client.events_received()
    assert client.state is State.OPEN
    texts = []
    for frame in frames:
        assert isinstance(frame, Frame)
        assert (frame.opcode, frame.fin) == (Opcode.TEXT, True)
        texts.append(bytes(frame.data).decode())
    return texts


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_any_length_is_framed_right(size: int) -> None:
    """A line of any length is one line at the TCP door and one message at the WebSocket door."""
    line = "x" * size

    message = encode(line)

    assert message[TCP] == line.encode() + b"\n"
    assert texts_at_the_websocket_door(message[WS]) == [line]


def test_lines_that_go_together_stay_apart() -> None:
    """Each of several lines that are encoded together is still a line, or a message, of its own."""
    message = encode("* you are zoe", "* online (1): zoe")

    assert message.tcp == b"* you are zoe\n* online (1): zoe\n"
    assert texts_at_the_websocket_door(message.ws) == ["* you are zoe", "* online (1): zoe"]


@given(st.lists(st.text().map(without_controls)))
def test_lines_survive_the_way(lines: list[str]) -> None:
    """Lines in any script arrive unchanged at both doors."""
    message = encode(*lines)

    assert message.tcp.decode() == "".join(line + "\n" for line in lines)
    assert texts_at_the_websocket_door(message.ws) == lines
