"""Two doors into one room, for any server that reads and writes streams: TCP and WebSocket.

`serve(reader, writer)` is called for each client, as `asyncio.start_server` would call it. A
WebSocket client looks the same: each message is a line for the reader, and each written line
becomes a message. So a server that does not know WebSocket gets a door for browsers. It can also be
measured, because `hubbub bench` uses that door.

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

BACKLOG = 1024  # connections that may wait for `accept`: many clients connect at once

Serve = Callable[[asyncio.StreamReader, Any], Awaitable[None]]
Value = TypeVar("Value", int, float, str)


def setting(name: str, default: Value) -> Value:
    """Return the value of the variable `HUBBUB_NAME`, in the type of the default."""
    variable = f"HUBBUB_{name.upper()}"
    said = os.environ.get(variable, default)
    try:
        return type(default)(said)
    except ValueError:
        print(f"{variable}={said!r}: this is not a {type(default).__name__}", file=sys.stderr)
        sys.exit(2)


@asynccontextmanager
async def open_doors(serve: Serve) -> AsyncIterator[None]:
    """Open the doors that the flags name, and print the ready line; close them with the block.

    Clients that are already in stay. The server has to end their connections itself.
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
    """Serve one WebSocket client as if it had come through the other door."""
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
    """The methods of `asyncio.StreamWriter` that a server needs; sends each line as a message."""

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
