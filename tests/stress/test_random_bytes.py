"""Whatever bytes come to a door, and however their sender leaves, no other client is harmed."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conformance import WITHIN, Client, Door
from conformance.factories import Connect, Launch
from conformance.frames import HANDSHAKE, encode_frame
from conformance.http_requests import http_request
from conformance.server import Address, Server
from conformance.timing import TICK
from tests.stress.crowd import STALLED_AFTER, Report


CONNECTIONS = 1000  # at each door
WAYS = ("closes", "resets", "ends its stream and reads on")

SOME_BYTES = st.binary(max_size=300)
LINE_PIECES = st.sampled_from(
    [
        *(b"\n", b"\r\n", b"\r", b"\0", b"who\n", b"/who\n", b"/quit\n", b"/rename ", b"rename|"),
        *(b"/say ", b"/", b"* you are \n", b"! ", b"\xff\n", b"\xc3", b"\xe2\x80\xa8", b"\x1b[2K"),
        *(b"x" * 4096 + b"\n", b"x" * 5000, "\u202e\u0301\n".encode(), HANDSHAKE),
    ]
)
FRAMES = st.builds(
    encode_frame,
    st.one_of(
        st.sampled_from([0, 1, 1, 2, 8, 9, 10]), st.integers(0, 127)
    ),  # opcode, reserved bits
    st.one_of(SOME_BYTES, st.text(max_size=80).map(str.encode), st.just(b"x" * 5000)),
    fin=st.booleans(),
    masked=st.sampled_from([True, True, True, False]),
)
LYING_HEADS = st.builds(  # a frame with any announced length, and too little after it
    lambda first, length, rest: bytes([first, 0xFF]) + struct.pack("!Q", length) + rest,
    st.integers(0, 255),
    st.integers(0, 2**64 - 1),
    SOME_BYTES,
)
REQUEST_PIECES = st.sampled_from(
    [
        *(
            b"GET ",
            b"POST ",
            b"/ws ",
            b"/ ",
            b"HTTP/1.1\r\n",
            b"HTTP/9.9\r\n",
            b"\r\n",
            b"\r\n\r\n",
        ),
        *(b"Upgrade: websocket\r\n", b"Connection: Upgrade\r\n", b"Host: x\r\n", b"Host: \xff\r\n"),
        *(b"Sec-WebSocket-Version: 13\r\n", b"Sec-WebSocket-Key: x\r\n", b"Origin: //[\r\n"),
        *(b"Content-Length: -1\r\n", b"A" * 9000, b"X: y\r\n" * 300, HANDSHAKE[:-2]),
    ]
)
AT_TCP = st.lists(st.one_of(SOME_BYTES, LINE_PIECES), max_size=12)
AT_WS = st.one_of(
    st.lists(st.one_of(SOME_BYTES, REQUEST_PIECES), max_size=12),
    st.lists(st.one_of(SOME_BYTES, FRAMES, FRAMES, LYING_HEADS), max_size=12).map(
        lambda pieces: [HANDSHAKE, *pieces]
    ),
)


@pytest.mark.parametrize("door", ["tcp", "ws"])
def test_random_bytes(launch: Launch, connect: Connect, report: Report, door: Door) -> None:
    """Anna hears all that Ben says between any bytes; no traceback is logged; nobody is left."""
    server = launch.ready(log_level="ERROR")
    anna: Client = connect("anna", server=server)
    ben: Client = connect("ben", server=server, door="ws")
    met = 0

    @settings(
        max_examples=CONNECTIONS,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],  # no database: servers differ
        suppress_health_check=list(HealthCheck),
    )
    @given(
        pieces=AT_TCP if door == "tcp" else AT_WS,
        at_once=st.booleans(),
        way=st.sampled_from(WAYS),
    )
    def meet(pieces: list[bytes], at_once: bool, way: str) -> None:
        nonlocal met
        met += 1
        _visit(server.address(door), [b"".join(pieces)] if at_once else pieces, way)
        anna.wait_for(ben.send_fence(), within=STALLED_AFTER)
        assert not server.has_exited()
        assert server.stderr_text() == ""

    meet()
    report(f"{met:,} connections of random bytes at {door}")

    _wait_until_alone(server, 2)
    fence = ben.send_fence()
    anna.wait_for(fence)
    server.stop()
    assert server.stderr_text() == ""


def _visit(address: Address, pieces: list[bytes], way: str) -> None:
    """Connect, send, and leave; the server may be faster at any point."""
    with socket.create_connection(address, timeout=WITHIN) as sock, contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            sock.sendall(piece)
        if way == "resets":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif way == "ends its stream and reads on":
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(1 << 16):
                pass


def _wait_until_alone(server: Server, clients: int) -> None:
    """Wait until the room holds no more than that many clients."""
    deadline = time.monotonic() + STALLED_AFTER
    while (online := _health(server)["clients"]) > clients:
        assert time.monotonic() < deadline, f"{online - clients} are still in the room"
        time.sleep(TICK / 10)


def _health(server: Server) -> Any:
    return json.loads(http_request(server.ws, "/healthz").body)
