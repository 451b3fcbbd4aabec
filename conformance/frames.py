"""WebSocket's bytes (RFC 6455) as a client writes and reads them.

The suite has its own framing for two reasons. A judge that shares its codec with the judged server
sees none of the codec's mistakes. And a test must be able to write what no correct client writes.
"""

import os
import struct
from dataclasses import dataclass


__all__ = [
    "BINARY",
    "CLOSE",
    "CONTINUATION",
    "HANDSHAKE",
    "PING",
    "PONG",
    "TEXT",
    "BadFrame",
    "Frame",
    "FrameReader",
    "close_payload",
    "encode_frame",
]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
"""The shortest request that opens a WebSocket."""

_MASK_BYTES = 4
_LONGEST_CONTROL_PAYLOAD = 125


class BadFrame(ValueError):
    """The server sent something that RFC 6455 does not allow."""


@dataclass(frozen=True)
class Frame:
    """One frame from the server."""

    opcode: int
    payload: bytes
    fin: bool = True


def encode_frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True) -> bytes:
    """Return the bytes of one frame. A client has to mask it; a test may want not to."""
    head = bytes([(0x80 if fin else 0) | opcode])
    mask_bit = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 1 << 16:
        head += struct.pack("!BH", mask_bit | 126, size)
    else:
        head += struct.pack("!BQ", mask_bit | 127, size)
    if not masked:
        return head + payload
    mask = os.urandom(_MASK_BYTES)
    return head + mask + _xor(payload, mask)


def close_payload(code: int, reason: str = "") -> bytes:
    """Return the payload of a close frame."""
    return struct.pack("!H", code) + reason.encode()


class FrameReader:
    """Cuts what a server sends into frames, and refuses what no server may send."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that are complete now.

        Raises:
            BadFrame: a masked frame, a reserved bit or opcode, a bad control frame.
        """
        self._buffer += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        fin, opcode, size = bool(first & 0x80), first & 0x0F, second & 0x7F
        if first & 0x70:
            raise BadFrame("a frame with a reserved bit set")
        if second & 0x80:
            raise BadFrame("a masked frame")
        if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            raise BadFrame(f"a frame with the reserved opcode {opcode:#x}")
        if opcode >= CLOSE and (not fin or size > _LONGEST_CONTROL_PAYLOAD):
            raise BadFrame("a control frame that is fragmented or too long")
        start = 2
        if size == 126:
            start = 4
        elif size == 127:
            start = 10
        if len(buffer) < start:
            return None
        if start > 2:
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return None
        payload = bytes(buffer[start : start + size])
        del buffer[: start + size]
        return Frame(opcode, payload, fin)


def _xor(payload: bytes, mask: bytes) -> bytes:
    """Return the payload masked; as one big integer, because a loop over bytes is slow."""
    size = len(payload)
    key = (mask * (size // _MASK_BYTES + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
