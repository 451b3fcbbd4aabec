"""Reads a stream up to given bytes: trio's own streams return whatever has come."""

from __future__ import annotations

import trio


__all__ = ["read_all", "read_until"]


async def read_until(stream: trio.abc.ReceiveStream, end: bytes) -> bytes:
    """Return what comes up to ``end``, and what came with it."""
    heard = b""
    while end not in heard:
        data = await stream.receive_some()
        assert data, f"the stream ended before {end!r}, after {heard!r}"
        heard += data
    return heard


async def read_all(stream: trio.abc.ReceiveStream) -> bytes:
    """Return what comes until the stream ends."""
    return b"".join([data async for data in stream])
