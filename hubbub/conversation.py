"""The two doors of a room as a client uses them: send a line, receive lines.

Both classes have the same four methods, so their callers need not know which door they use. Only
this module turns the errors of a connection into words.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
from collections.abc import AsyncGenerator
from typing import NamedTuple
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket_connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from implementations.core.settings import Endpoint


__all__ = ["Address", "Door", "LineDoor", "Lost", "WebSocketDoor", "connect", "open_door"]

CONNECT_TIMEOUT_S = 10.0  # for each address of the host, and for the WebSocket handshake
CLOSE_TIMEOUT_S = 1.0  # for the closing handshake of a WebSocket
LINE_LIMIT_BYTES = 64 * 1024 * 1024  # far more than a room sends: else a server could fill memory
CHUNK_BYTES = 64 * 1024

# What a URL of each scheme leads to: the scheme of a WebSocket, and the port if none is written.
_SCHEMES = {"ws": ("ws", 80), "wss": ("wss", 443), "http": ("ws", 80), "https": ("wss", 443)}


class Lost(Exception):
    """The connection failed or was lost. The text tells a person why."""


class Address(NamedTuple):
    """The address of a door: a WebSocket door if it has a ``uri``, otherwise a TCP door."""

    endpoint: Endpoint
    uri: str | None = None

    def __str__(self) -> str:
        return self.uri or str(self.endpoint)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``H:P``, ``ws://H:P/ws`` with or without a query, or the address of the page.

        ``:P`` means this machine.

        Raises:
            argparse.ArgumentTypeError: the text is none of these.
        """
        try:
            parts = urlsplit(text) if "://" in text else None
            if parts is None or parts.scheme == "tcp":
                host, port = Endpoint.parse(text.rpartition("://")[2].rstrip("/"))
                return cls(Endpoint(host or "localhost", port))
            if parts.scheme not in _SCHEMES or not parts.hostname:
                raise ValueError
            scheme, default_port = _SCHEMES[parts.scheme]
            endpoint = Endpoint(parts.hostname, parts.port or default_port)
            path = parts.path if parts.path.strip("/") else "/ws"
            if parts.scheme.startswith("http"):  # the page's own address: the room is beside it
                path = f"{parts.path.rpartition('/')[0]}/ws"
            query = f"?{parts.query}" if parts.query else ""
            return cls(endpoint, f"{scheme}://{endpoint}{path}{query}")
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"expected HOST:PORT or ws://HOST:PORT/ws, got {text!r}"
            ) from None


class LineDoor:
    """The TCP door, over a connected socket that this object owns.

    It reads the socket itself: when a reset arrives, an asyncio stream drops the bytes that
    arrived before it.
    """

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._loop = asyncio.get_running_loop()

    async def send(self, line: str) -> None:
        """Send a line; wait until the kernel has taken it. Raises OSError."""
        await self._loop.sock_sendall(self._socket, line.encode(errors="surrogateescape") + b"\n")

    async def finish(self) -> None:
        """End our sending side; the room goes on sending. Raises OSError."""
        self._socket.shutdown(socket.SHUT_WR)

    async def lines(self) -> AsyncGenerator[str, None]:
        """Yield every line until the server ends the connection in an orderly way.

        Raises:
            Lost: it ended in any other way.
        """
        rest = bytearray()
        while chunk := await self._receive():
            *lines, last = chunk.split(b"\n")
            for line in lines:
                yield (rest + line).decode(errors="replace")
                rest.clear()
            rest += last
            if len(rest) > LINE_LIMIT_BYTES:
                raise Lost(f"the server sent a line over {LINE_LIMIT_BYTES} bytes")
        if rest:
            yield rest.decode(errors="replace")

    async def aclose(self) -> None:
        """Drop the connection."""
        self._socket.close()

    async def _receive(self) -> bytes:
        try:
            return await self._loop.sock_recv(self._socket, CHUNK_BYTES)
        except OSError as error:
            raise Lost(f"the connection was lost: {_in_words(error)}") from None


class WebSocketDoor:
    """The WebSocket door, over an open connection: the same methods as `LineDoor`."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, line: str) -> None:
        """Send a line; wait until the connection has taken it. Raises ConnectionClosed."""
        await self._connection.send(line.encode(errors="surrogateescape").decode(errors="replace"))

    async def finish(self) -> None:
        """Ask to leave; the room goes on sending until it closes. Raises ConnectionClosed.

        WebSocket has no half-close: after our close frame a peer need not deliver anything. So we
        send ``/quit``, after which the protocol makes the same promises as after a half-close at
        the TCP door.
        """
        await self._connection.send("/quit")

    async def lines(self) -> AsyncGenerator[str, None]:
        """Yield every line until the server ends the connection in an orderly way.

        Raises:
            Lost: it ended in any other way.
        """
        try:
            while True:
                yield await self._connection.recv(decode=True)
        except ConnectionClosed as closed:
            farewell = closed.rcvd
            if farewell is None:
                raise Lost("the connection was lost: no goodbye from the server") from None
            if farewell.code not in (1000, 1001):
                reason = f"{farewell.code} {farewell.reason}".rstrip()
                raise Lost(f"the server closed the connection: {reason}") from None

    async def aclose(self) -> None:
        """Close the connection, with a close frame if the peer can still get one."""
        await self._connection.close()


Door = LineDoor | WebSocketDoor


def connect(address: Address) -> socket.socket:
    """Connect to the address of a door; wait for the connection.

    Raises:
        Lost: no server answers.
    """
    try:
        return socket.create_connection(address.endpoint, CONNECT_TIMEOUT_S)
    except OSError as error:
        raise Lost(f"cannot connect to {address}: {_in_words(error)}") from None


async def open_door(connected: socket.socket, address: Address) -> Door:
    """Return the door for a socket from `connect`, and own that socket; do the handshake.

    Raises:
        Lost: the WebSocket handshake failed.
    """
    if address.uri is None:
        return LineDoor(connected)
    try:
        return WebSocketDoor(
            await websocket_connect(
                address.uri,
                sock=connected,
                compression=None,
                proxy=None,
                max_size=LINE_LIMIT_BYTES,
                open_timeout=CONNECT_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
            )
        )
    except (OSError, WebSocketException) as error:
        raise Lost(f"cannot connect to {address}: {_in_words(error)}") from None


def _in_words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
