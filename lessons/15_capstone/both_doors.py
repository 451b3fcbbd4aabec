"""Two doors into one room: lines over TCP, and WebSocket, for whoever can talk to a stream.

`serve(reader, writer)` is called for each client, as `asyncio.start_server` would call it. One
that comes by WebSocket looks the same: each message is a line to the reader, each line that is
written is a message. So a server that knows nothing of WebSocket has a door for browsers, and can
be measured: `hubbub bench` measures at that door.

    python naive.py --tcp 127.0.0.1:8000 --ws 127.0.0.1:8080
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.asyncio.server import serve as serve_websocket


__all__ = ["open_doors", "setting"]

BACKLOG = 1024  # connections that may wait to be let in: a crowd comes all at once

Serve = Callable[[asyncio.StreamReader, Any], Awaitable[None]]
Value = TypeVar("Value", int, float, str)


def setting(name: str, default: Value) -> Value:
    """Return what the variable `HUBBUB_NAME` says, as a value of the same kind as the default."""
    variable = f"HUBBUB_{name.upper()}"
    said = os.environ.get(variable, default)
    try:
        return type(default)(said)
    except ValueError:
        print(f"{variable}: {said!r} makes no sense", file=sys.stderr)
        sys.exit(2)


@asynccontextmanager
async def open_doors(serve: Serve) -> AsyncIterator[None]:
    """Open the doors that the flags name, and say so in one line; close them with the block.

    Who is in already stays: to see those off is the business of whoever let them in.
    """
    name = Path(sys.argv[0]).stem
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--tcp", default="127.0.0.1:0", metavar="HOST:PORT")
    parser.add_argument("--ws", default="127.0.0.1:0", metavar="HOST:PORT")
    flags = parser.parse_args()

    async def serve_messages(websocket: ServerConnection) -> None:
        await _serve_messages(serve, websocket)

    try:
        lines = await asyncio.start_server(serve, *_address(flags.tcp), backlog=BACKLOG)
        messages = await serve_websocket(
            serve_messages, *_address(flags.ws), compression=None, backlog=BACKLOG
        )
    except OSError as error:
        sys.exit(f"{name}: {error}")
    print(f"hubbub {name} ready tcp={_spelled(lines)} ws={_spelled(messages)}", flush=True)
    try:
        yield
    finally:
        lines.close()
        messages.close(close_connections=False)


async def _serve_messages(serve: Serve, websocket: ServerConnection) -> None:
    """Serve one WebSocket client as if it came by the other door."""
    reader = asyncio.StreamReader()
    served = asyncio.create_task(_served(serve, reader, _MessageWriter(websocket)))
    async for message in websocket:
        if isinstance(message, str):
            reader.feed_data(message.replace("\n", " ").encode() + b"\n")
    reader.feed_eof()
    await served


async def _served(serve: Serve, reader: asyncio.StreamReader, writer: _MessageWriter) -> None:
    try:
        await serve(reader, writer)
    finally:
        writer.close()


class _MessageWriter:
    """What a server needs of `asyncio.StreamWriter`, for lines that go out as messages."""

    def __init__(self, websocket: ServerConnection) -> None:
        self._websocket = websocket
        self._rest = b""
        self._closing: asyncio.Task[None] | None = None
        self.transport = websocket.transport

    def write(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            broadcast([self._websocket], line.decode(errors="replace"))

    async def drain(self) -> None:
        await self._websocket.drain()

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        if self._closing is None:
            self._closing = asyncio.create_task(self._websocket.close())

    async def wait_closed(self) -> None:
        await self._websocket.wait_closed()

    def is_closing(self) -> bool:
        return self._closing is not None or self.transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.transport.get_extra_info(name, default)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def _spelled(server: Any) -> str:
    host, port = server.sockets[0].getsockname()[:2]
    return f"{host}:{port}"
