"""One cell of the live load generator in Python, and the connection of the client in it.

What the client hears goes to a `Listener`; the client knows nothing of messages, columns and plans.
live.c is the same in C.

Invariants:
  1. Nothing here waits: bytes that the socket does not take stay in the client's queue.
  2. The time of a line is the time just after the read that completed it.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import struct
import time
from dataclasses import dataclass
from typing import Protocol

from benchmarks.generator import client_frames
from benchmarks.generator.client import has_ended


__all__ = ["GONE", "IN", "JOINING", "STALLED", "Door", "Listener", "LiveClient"]

GONE, JOINING, IN, STALLED = "gone", "joining", "in", "stalled"

_NS = 1_000_000_000
_READ_BYTES = 256 * 1024
_RECEIVE_BYTES = 16 * 1024  # of a socket: a client that stops reading is full soon
_PATIENCE_NS = 10 * _NS  # for a server that lets a client in
_LEAVE_NS = 2 * _NS  # for a server that lets a client go
_TCP_TALK_NS = 100 * _NS  # at a TCP door a silent client times out: it asks for help
_WELCOME = b"* you are "
_NORMAL = (1000).to_bytes(2, "big")
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: no goodbye
_RESETS = (errno.ECONNRESET, errno.EPIPE)


@dataclass(frozen=True)
class Door:
    """Where the clients connect, and how the server there greets them."""

    host: str
    port: int
    tcp: bool
    path: str
    welcome: bool  # a newcomer gets the line "* you are NAME"


class Listener(Protocol):
    """What a client tells as it happens."""

    received_bytes: int

    def came_in(self, client: LiveClient) -> None:
        """Take note that a client is in the room."""

    def heard(self, client: LiveClient, line: bytes, at_ns: int) -> None:
        """Take a line that a client got."""

    def is_gone(self, client: LiveClient, code: int | None, reason: str) -> None:
        """Take note that a client's connection has ended."""


class LiveClient:
    """A numbered cell: empty, or with a client that is connected.

    Attributes:
        state: GONE, JOINING, IN or STALLED.
        open: whether the client can talk; not while it joins or leaves.
        name: of the client in the room, if the server told it.
        port: the local one.
        in_ns: when it came in.
        queued_bytes: what waits until the socket takes it.
        since, got, woken: for the listener's use.
    """

    def __init__(
        self, index: int, door: Door, selector: selectors.BaseSelector, listener: Listener
    ) -> None:
        self.index = index
        self.state = GONE
        self.open = False
        self.name: str | None = None
        self.port = 0
        self.in_ns = 0
        self.since: int | None = None
        self.got = 0
        self.woken = 0
        self._door = door
        self._selector = selector
        self._listener = listener
        self._socket: socket.socket | None = None
        self._watched = 0
        self._upgraded = self._connected = self._leaving = False
        self._until_ns = 0
        self._code: int | None = None
        self._reason = ""
        self._key = ""
        self._rest = self._part = self._queue = b""

    @property
    def queued_bytes(self) -> int:
        """How many bytes wait until the socket takes them."""
        return len(self._queue)

    def connect(self) -> None:
        """Begin to connect; for a cell whose client is gone."""
        door = self._door
        self.name, self.port, self.since, self.got, self.woken = None, 0, None, 0, 0
        self._upgraded = self._connected = self._leaving = False
        self._code, self._reason = None, ""
        self._until_ns = time.monotonic_ns() + _PATIENCE_NS
        self.state = JOINING
        family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
        try:
            sock = self._socket = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            self._end(str(error.strerror))
            return
        sock.setblocking(False)
        # Before it connects: a window that was offered once cannot be taken back.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        error_code = sock.connect_ex((door.host, door.port))
        if error_code in (0, errno.EINPROGRESS):
            self._watch()
        else:
            self._end(os.strerror(error_code))

    def handle(self, ready: int) -> None:
        """Go on after the selector has found the socket ready."""
        if self.state == GONE:
            return
        if not self._connected:
            self._has_connected()
        elif ready & selectors.EVENT_WRITE:
            self._flush()
        if self.state != GONE and ready & selectors.EVENT_READ:
            self._read()

    def send_line(self, line: bytes) -> None:
        """Say one line, as the door wants it."""
        if self._door.tcp:
            self._send(line + b"\n")
        else:
            self._send(client_frames.client_frame(client_frames.TEXT, line))

    def stall(self) -> None:
        """Stop reading; only for a client that is in the room."""
        if self.state == IN and self.open:
            self.state = STALLED
            self._watch()

    def wake(self) -> None:
        """Read again, first of all what waited; only for a client that stalled."""
        if self.state == STALLED:
            self.state = IN
            self._watch()

    def reset(self) -> None:
        """Close the connection without a goodbye, and tell nobody."""
        if self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._drop()

    def leave(self) -> None:
        """Begin to leave in good order; the listener is told when the server has let it go."""
        self.wake()
        if self.state == GONE or self._leaving:
            return
        self._reason = "left"
        if not self.open:
            self._end("left")
            return
        self._begin_to_leave()
        if not self._door.tcp:
            self._send(client_frames.client_frame(client_frames.CLOSE, _NORMAL))
        elif self._socket is not None:
            self._socket.shutdown(socket.SHUT_WR)

    def look(self, now_ns: int) -> None:
        """Give up on a server that does not let it in or go; find the end of a stalled client."""
        if self.state == STALLED and self._socket is not None and has_ended(self._socket):
            self.wake()
            self._read()
        elif self.state == GONE or now_ns < self._until_ns:
            return
        elif self.state == JOINING:
            self._end("the server did not let it in within 10 s")
        elif self._leaving:
            self._end("the server did not end the connection")
        elif self._door.tcp and self._door.welcome and self.state == IN:
            self._until_ns = now_ns + _TCP_TALK_NS
            self.send_line(b"/help")

    def _watch(self) -> None:
        """Tell the selector what this client waits for now."""
        assert self._socket is not None
        events = 0 if self.state == STALLED or not self._connected else selectors.EVENT_READ
        if self._queue or not self._connected:
            events |= selectors.EVENT_WRITE
        if not events:
            self._selector.unregister(self._socket)
        elif self._watched:
            self._selector.modify(self._socket, events, self)
        else:
            self._selector.register(self._socket, events, self)
        self._watched = events

    def _drop(self) -> None:
        if self._socket is not None:
            if self._watched:
                self._selector.unregister(self._socket)
            self._socket.close()
        self._socket, self._watched = None, 0
        self._rest = self._part = self._queue = b""
        self.state, self.open = GONE, False

    def _end(self, why: str) -> None:
        """Tell that the client is gone: by the server's reason, or by ``why`` if it gave none."""
        if self.state != GONE:
            self._drop()
            self._listener.is_gone(self, self._code, self._reason or why)

    def _begin_to_leave(self) -> None:
        self._leaving, self.open, self.since = True, False, None
        self._until_ns = time.monotonic_ns() + _LEAVE_NS

    def _come_in(self) -> None:
        self.state, self.open = IN, True
        self.in_ns = time.monotonic_ns()
        self._until_ns = self.in_ns + _TCP_TALK_NS
        self._listener.came_in(self)

    def _has_connected(self) -> None:
        assert self._socket is not None
        if error := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._end(os.strerror(error))
            return
        door = self._door
        self._connected = True
        self.port = self._socket.getsockname()[1]
        self._watch()
        if not door.tcp:
            self._key = client_frames.new_key()
            host = f"[{door.host}]" if ":" in door.host else door.host
            authority = f"{host}:{door.port}"
            self._send(client_frames.handshake_request(authority, self._key, door.path))
        elif not door.welcome:
            self._come_in()

    def _send(self, octets: bytes) -> None:
        assert self._socket is not None
        sent = 0
        if not self._queue:
            try:
                sent = self._socket.send(octets)
            except BlockingIOError:
                pass
            except OSError:
                return  # reading finds out why
        if sent < len(octets):
            self._queue += octets[sent:]
            self._watch()

    def _flush(self) -> None:
        assert self._socket is not None
        if not self._queue:
            return
        try:
            self._queue = self._queue[self._socket.send(self._queue) :]
        except BlockingIOError:
            return
        except OSError:
            self._queue = b""  # reading finds out why
        if not self._queue:
            self._watch()

    def _read(self) -> None:
        """Read until the socket has no more, or has given enough for one turn."""
        assert self._socket is not None
        try:
            received = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error.strerror or str(error))
            return
        at_ns = time.monotonic_ns()
        if not received:
            self._end("the server ended the connection")
            return
        self._listener.received_bytes += len(received)
        received, self._rest = self._rest + received, b""
        if self._door.tcp:
            *lines, self._rest = received.split(b"\n")
            for line in lines:
                self._hear(line.removesuffix(b"\r"), at_ns)
            return
        if not self._upgraded:
            received = self._hear_upgrade(received)
            if not self._upgraded:
                return
        try:
            frames, self._rest = client_frames.split_frames(received)
        except ValueError as error:
            self._end(f"it got {error}")
            return
        for opcode, last, body in frames:
            self._hear_frame(opcode, last, body, at_ns)

    def _hear_upgrade(self, received: bytes) -> bytes:
        head, blank, after = received.partition(b"\r\n\r\n")
        if not blank:
            self._rest = received
            return b""
        try:
            client_frames.check_upgrade(head, self._key)
        except ValueError as error:
            self._end(str(error))
            return b""
        self._upgraded = True
        if not self._door.welcome:
            self._come_in()
        return after

    def _hear_frame(self, opcode: int, last: bool, body: bytes, at_ns: int) -> None:
        if opcode == client_frames.PING:
            self._send(client_frames.client_frame(client_frames.PONG, body))
        elif opcode == client_frames.CLOSE:
            self._code = int.from_bytes(body[:2], "big") if len(body) >= 2 else 1005
            self._reason = body[2:].decode(errors="replace") or self._reason
            if not self._leaving:
                self._send(client_frames.client_frame(client_frames.CLOSE, body[:2]))
                self._begin_to_leave()
        elif opcode != client_frames.PONG:
            self._part += body
            if last:
                message, self._part = self._part, b""
                for line in message.split(b"\n"):  # some servers join lines in one message
                    self._hear(line, at_ns)

    def _hear(self, line: bytes, at_ns: int) -> None:
        if self.state == JOINING and self._door.welcome and line.startswith(_WELCOME):
            self.name = line[len(_WELCOME) :].decode(errors="replace")
            self._come_in()
        elif line.startswith(b"! ") and not self._leaving:
            self._reason = line[2:].decode(errors="replace")
        self._listener.heard(self, line, at_ns)
