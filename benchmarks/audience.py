"""Everyone who listens to one server: n WebSocket connections, and what each has heard.

A delivery is a text that ends with a payload of ours. What the server writes before it (the
speaker's name, or nothing) is learned from the first one and then demanded of all, so a plain
broadcast server is measured by the same code as a chat server.

Invariants:
  1. A delivery counts only when its bytes are exactly the ones expected, once, in order.
  2. `connect` returns when a fence, a line said after the last client had connected, has reached
     everyone: by then all that connecting caused has been delivered too.
  3. Nothing waits past the deadline.

`Audience._pump` is written for speed: it must cost less for a delivery than any server does.
"""

from __future__ import annotations

import select
import selectors
import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import Self

from benchmarks import frames


__all__ = ["Audience", "LoadError"]

# Connecting clients are announced to those already there. A batch is bounded so that it fits any
# listen backlog (100 is usual) and no outbox overflows: after each one a fence clears them all.
_BATCH_CLIENTS = 64
_RESEND_S = 0.25  # a fence goes out again when nothing has come for this long,
_MAX_FENCES = 20  # but not for ever
_CONNECT_TIMEOUT_S = 10.0
_RECEIVE_BYTES = 16_384


class LoadError(Exception):
    """The run could not be finished; the text is one line for a person."""


class _Client:
    """One connection: what has come and is not a whole frame yet, and the last number heard."""

    __slots__ = ("heard", "index", "key", "rest", "socket", "upgraded")

    def __init__(self, index: int, sock: socket.socket) -> None:
        self.index = index
        self.socket = sock
        self.key = frames.new_key()
        self.upgraded = False
        self.rest = b""
        self.heard = -1


class Audience:
    """All clients of one run, and the only code that reads their sockets."""

    def __init__(self, payload_bytes: int, deadline_s: float) -> None:
        self.sequence = -1  # of the message said last
        self.received_ns: list[int] = []  # that message at each client; 0: not yet
        self.duplicated = 0
        self.reordered = 0
        self.unexpected = 0
        self._payload_bytes = payload_bytes
        self._clients: list[_Client] = []
        self._gaps: set[tuple[int, int]] = set()  # (client, sequence) passed over so far
        self._by_fd: dict[int, _Client] = {}
        self._register, self._poll = _poller()
        self._deadline_s = deadline_s
        self._deadline = time.monotonic() + deadline_s
        self._prefix: bytes | None = None  # what the server writes before the speaker's text
        self._strict = False  # whether gaps and strange texts count yet
        self._upgrading = 0
        self._expected: bytes | None = None  # the one frame everybody waits for, once known
        self._missing = 0  # clients without it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self, address: tuple[str, int], clients: int) -> None:
        """Connect everyone, batch by batch, and return when all of them are in the room.

        Raises:
            LoadError: refused, or not done by the deadline.
        """
        for first in range(0, clients, _BATCH_CLIENTS):
            for index in range(first, min(first + _BATCH_CLIENTS, clients)):
                self._open(index, address)
            while self._upgrading:
                self._pump(_RESEND_S)
            self._fence()
        self._strict = True

    def say(self) -> int:
        """Send the next message; everybody now waits for it. Returns when, in monotonic ns."""
        self.sequence += 1
        body = frames.payload(self.sequence, self._payload_bytes)
        frame = frames.client_frame(frames.TEXT, body)
        if self._prefix is not None:
            self._expected = frames.server_frame(frames.TEXT, self._prefix + body)
        self._missing = len(self._clients)
        self.received_ns = [0] * len(self._clients)
        sent_ns = time.monotonic_ns()
        self._send(self._clients[0], frame)
        return sent_ns

    def hear(self, quiet_s: float) -> bool:
        """Wait until everyone has the current message; False when nothing came for ``quiet_s``.

        Raises:
            LoadError: a connection ended, or the deadline has passed.
        """
        while self._missing:
            if not self._pump(quiet_s):
                return False
        return True

    def lost(self, first: int, last: int) -> int:
        """Deliveries of messages ``first`` to ``last`` that never came, however late."""
        passed_over = sum(first <= sequence <= last for _, sequence in self._gaps)
        return passed_over + sum(max(0, last - client.heard) for client in self._clients)

    def close(self) -> None:
        """Drop every connection, without a goodbye: the measurement is over."""
        for client in self._clients:
            client.socket.close()

    def _open(self, index: int, address: tuple[str, int]) -> None:
        try:
            sock = socket.create_connection(address, timeout=_CONNECT_TIMEOUT_S)
        except OSError as error:
            raise LoadError(f"client {index} cannot connect: {error}") from error
        client = _Client(index, sock)
        self._clients.append(client)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        self._by_fd[sock.fileno()] = client
        self._register(sock.fileno())
        self._upgrading += 1
        authority = "[{}]:{}" if ":" in address[0] else "{}:{}"
        self._send(client, frames.handshake_request(authority.format(*address), client.key))

    def _fence(self) -> None:
        """Say lines until one of them reaches everybody.

        One is enough where a handshake is answered inside the room; a server may also answer
        first and let the client in a moment later, and then that client misses the first.
        """
        for _ in range(_MAX_FENCES):
            self.say()
            if self.hear(_RESEND_S):
                return
        raise LoadError(f"the server is silent: {self._waiting_for()}")

    def _waiting_for(self) -> str:
        if self._upgrading:
            return f"{self._upgrading} of {len(self._clients)} handshakes are not answered"
        return f"{self._missing} of {len(self._clients)} clients wait for message {self.sequence}"

    def _send(self, client: _Client, octets: bytes) -> None:
        try:
            sent = client.socket.send(octets)
        except OSError as error:
            raise LoadError(f"client {client.index} cannot send: {error}") from error
        if sent < len(octets):
            raise LoadError(f"client {client.index} cannot send: the server does not read")

    def _pump(self, quiet_s: float) -> bool:
        """Take what has come for anyone; False when nothing came for ``quiet_s``. The hot loop."""
        remaining_s = self._deadline - time.monotonic()
        if remaining_s <= 0:
            raise LoadError(f"not done after {self._deadline_s:g} s: {self._waiting_for()}")
        ready = self._poll(min(quiet_s, remaining_s))
        by_fd, received_ns, expected = self._by_fd, self.received_ns, self._expected
        sequence, previous = self.sequence, self.sequence - 1
        clock = time.monotonic_ns
        for fd, _ in ready:
            client = by_fd[fd]
            try:
                received = client.socket.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                continue
            except OSError as error:
                raise LoadError(f"client {client.index} was cut off: {error}") from error
            now_ns = clock()
            # Nearly always exactly the one frame: a comparison of bytes checks all of it at once.
            if received == expected and client.heard == previous and not client.rest:
                client.heard = sequence
                received_ns[client.index] = now_ns
                self._missing -= 1
            else:
                self._take(client, received, now_ns)
        return bool(ready)

    def _take(self, client: _Client, received: bytes, now_ns: int) -> None:
        """Anything else: a handshake, many frames, half a frame, a ping, a close."""
        if not received:
            raise LoadError(f"client {client.index} was cut off: the server closed the connection")
        pending = client.rest + received
        if not client.upgraded:
            head, blank, pending = pending.partition(b"\r\n\r\n")
            if not blank:
                client.rest = head
                return
            try:
                frames.check_upgrade(head, client.key)
            except ValueError as error:
                raise LoadError(f"client {client.index} was refused: {error}") from error
            client.upgraded = True
            self._upgrading -= 1
        try:
            whole, client.rest = frames.split_frames(pending)
        except ValueError as error:
            raise LoadError(f"client {client.index} got {error}") from error
        for opcode, body in whole:
            if opcode == frames.TEXT:
                self._hear_text(client, body, now_ns)
            elif opcode == frames.PING:
                self._send(client, frames.client_frame(frames.PONG, body))
            elif opcode == frames.CLOSE:
                code, why = int.from_bytes(body[:2], "big"), body[2:].decode(errors="replace")
                raise LoadError(f"client {client.index} was closed: {code} {why}".rstrip())

    def _hear_text(self, client: _Client, text: bytes, now_ns: int) -> None:
        sequence = frames.sequence_of(text, self._payload_bytes)
        if sequence is not None and self._prefix is None:
            self._prefix = text[: -self._payload_bytes]
        if (
            sequence is None
            or sequence > self.sequence
            or text[: -self._payload_bytes] != self._prefix
        ):
            self.unexpected += self._strict
            return
        if sequence <= client.heard:
            if (client.index, sequence) in self._gaps:
                self._gaps.remove((client.index, sequence))
                self.reordered += 1
            else:
                self.duplicated += self._strict
            return
        if self._strict:
            self._gaps.update((client.index, skip) for skip in range(client.heard + 1, sequence))
        client.heard = sequence
        if sequence == self.sequence:
            self.received_ns[client.index] = now_ns
            self._missing -= 1


def _poller() -> tuple[Callable[[int], None], Callable[[float], Sequence[tuple[int, int]]]]:
    """Return ``register(fd)`` and ``poll(timeout_s)``, which gives ``(fd, event)`` pairs."""
    if sys.platform == "linux":
        epoll = select.epoll()
        return lambda fd: epoll.register(fd, select.EPOLLIN), epoll.poll
    selector = selectors.DefaultSelector()

    def register(fd: int) -> None:
        selector.register(fd, selectors.EVENT_READ)

    def poll(timeout_s: float) -> Sequence[tuple[int, int]]:
        return [(key.fd, event) for key, event in selector.select(timeout_s)]

    return register, poll
