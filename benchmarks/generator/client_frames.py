"""The client's side of a WebSocket as bytes: the handshake, the frames sent, the frames received.

Pure: no socket and no clock. Written by hand, because it runs inside the timed loop, where a whole
protocol library would cost more than the server under test. It checks less than the frames of the
conformance suite do: the suite judges a server's frames, this only reads them.
"""

from __future__ import annotations

import base64
import hashlib
import os


__all__ = [
    "CLOSE",
    "CONTINUATION",
    "PING",
    "PONG",
    "TEXT",
    "accept_key",
    "check_upgrade",
    "client_frame",
    "handshake_request",
    "new_key",
    "split_frames",
]

CONTINUATION, TEXT, CLOSE, PING, PONG = 0x0, 0x1, 0x8, 0x9, 0xA
_FIN = 0x80
_MASKED = 0x80
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


def new_key() -> str:
    """Return a fresh ``Sec-WebSocket-Key``."""
    return base64.b64encode(os.urandom(16)).decode()


def accept_key(key: str) -> str:
    """Return the ``Sec-WebSocket-Accept`` that answers ``key``."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


def handshake_request(authority: str, key: str, path: str = "/ws") -> bytes:
    """Return the upgrade request for ``path`` on ``authority`` (``HOST:PORT``), no compression."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Origin: http://{authority}\r\n"  # some libraries refuse a client without one
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def check_upgrade(head: bytes, key: str) -> None:
    """Check the answer to `handshake_request`; ``head`` is without the blank line at its end.

    Raises:
        ValueError: the server did not upgrade, or answered another key.
    """
    status, _, lines = head.decode("latin-1").partition("\r\n")
    if status.split(" ")[1:2] != ["101"]:
        raise ValueError(status)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines.split("\r\n"))
    }
    if headers.get("sec-websocket-accept") != accept_key(key):
        raise ValueError("a wrong Sec-WebSocket-Accept")


def _header(opcode: int, length: int, mask_bit: int) -> bytes:
    if length < 126:
        return bytes((_FIN | opcode, mask_bit | length))
    if length < 1 << 16:
        return bytes((_FIN | opcode, mask_bit | 126)) + length.to_bytes(2, "big")
    return bytes((_FIN | opcode, mask_bit | 127)) + length.to_bytes(8, "big")


def client_frame(opcode: int, body: bytes) -> bytes:
    """Return one whole frame from a client, masked with a fresh key."""
    key = os.urandom(4)
    mask = (key * (len(body) // 4 + 1))[: len(body)]
    masked = int.from_bytes(body, "big") ^ int.from_bytes(mask, "big")
    return _header(opcode, len(body), _MASKED) + key + masked.to_bytes(len(body), "big")


def split_frames(received: bytes) -> tuple[list[tuple[int, bool, bytes]], bytes]:
    """Return the whole server frames at the start of ``received``, and the bytes after them.

    A frame is ``(opcode, last, body)``; ``last`` is False for a fragment that is not the last one.

    Raises:
        ValueError: a masked frame, which no server may send.
    """
    whole: list[tuple[int, bool, bytes]] = []
    start, size = 0, len(received)
    while start + 2 <= size:
        first, length = received[start], received[start + 1]
        if length & _MASKED:
            raise ValueError("a masked frame")
        body = start + 2
        if length >= 126:
            body += 2 if length == 126 else 8
            if body > size:
                break
            length = int.from_bytes(received[start + 2 : body], "big")
        end = body + length
        if end > size:
            break
        whole.append((first & 0x0F, bool(first & _FIN), received[body:end]))
        start = end
    return whole, received[start:]
