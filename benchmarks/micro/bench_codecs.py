"""The codecs of both doors: bytes to lines, and a line to bytes.

Encoding is one function for both doors. It is called once per broadcast, however many clients
there are. It has one group, with one row per size. Feeding has one group per size and cut, with
one row per door.

Expected: For short lines the WebSocket door costs several times as much as the line door, because
its frames have a header and a mask. If a line arrives whole, both grow slowly with its size. If it
arrives byte by byte, both cost one call per byte.
"""

from __future__ import annotations

import base64

import pytest
from websockets.frames import Frame, Opcode

from benchmarks.micro.fixture import Benchmark
from implementations.core.events import Event, Line, Opened
from implementations.core.line_codec import LineCodec
from implementations.core.message import encode
from implementations.core.settings import Settings
from implementations.core.site import Site
from implementations.core.websocket_codec import WebSocketCodec


Codec = LineCodec | WebSocketCodec

SIZES_BYTES = [16, 256, 4096]  # of the text; the last one is the longest line allowed
HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
).encode()


@pytest.mark.parametrize("size_bytes", SIZES_BYTES)
def bench_encode(benchmark: Benchmark, size_bytes: int) -> None:
    """Encode one line for both doors."""
    benchmark.group = "encode one line for both doors"
    line = "x" * size_bytes

    assert benchmark(encode, line).tcp == line.encode() + b"\n"


@pytest.mark.parametrize("size_bytes", SIZES_BYTES)
@pytest.mark.parametrize("cut", ["whole", "bytes"])
@pytest.mark.parametrize("door", ["line", "websocket"])
def bench_feed(benchmark: Benchmark, door: str, cut: str, size_bytes: int) -> None:
    """Feed one line to a codec that holds no other bytes."""
    benchmark.group = f"feed one line of {size_bytes:4} B, {cut}"
    text = "x" * size_bytes
    codec, data = _line_door(text) if door == "line" else _websocket_door(text)
    pieces = [data] if cut == "whole" else [bytes([byte]) for byte in data]

    assert Line(text) in benchmark(_feed, codec, pieces)


def _feed(codec: Codec, pieces: list[bytes]) -> list[Event]:
    events: list[Event] = []
    for piece in pieces:
        events += codec.feed(piece)
    return events


def _line_door(text: str) -> tuple[Codec, bytes]:
    """Return a codec of the line door, and the bytes of one line."""
    return LineCodec(Settings()), text.encode() + b"\n"


def _websocket_door(text: str) -> tuple[Codec, bytes]:
    """Return a codec of the WebSocket door after its handshake, and the bytes of one frame."""
    settings = Settings()
    codec = WebSocketCodec(settings, Site("none", settings, b""))
    assert codec.feed(HANDSHAKE) == [Opened()]
    return codec, Frame(Opcode.TEXT, text.encode()).serialize(mask=True)
