"""One client's connection in the Python generator: opened, written to, read from.

Invariants:
  1. Nothing here waits: bytes that the socket does not take stay in the client's queue.
  2. The time of a delivery is the time just after the read that completed it.
"""

from __future__ import annotations

import selectors
import socket
import time

from benchmarks.generator import client_frames
from benchmarks.generator.ledger import Failed, Ledger


__all__ = ["Client", "CutOff", "has_ended"]

_READ_BYTES = 256 * 1024
_STALLED_RECEIVE_BYTES = 4096


class CutOff(Failed):
    """A client's connection has ended; the text names the client and the cause."""


class Client:
    """A connection to the server, from its handshake on.

    Raises:
        Failed: the server cannot be reached.
        CutOff: the connection ended at once.
    """

    __slots__ = (
        "_key",
        "_ledger",
        "_part",
        "_queue",
        "_rest",
        "_selector",
        "churner",
        "index",
        "socket",
        "stalled",
        "upgraded",
    )

    def __init__(
        self,
        index: int,
        address: tuple[str, int],
        selector: selectors.BaseSelector,
        ledger: Ledger,
        *,
        churner: bool = False,
        will_stall: bool = False,
    ) -> None:
        self.index = index
        self.churner = churner  # leaves as soon as it has been let in
        self.stalled = False
        self.upgraded = False
        self._selector = selector
        self._ledger = ledger
        self._key = client_frames.new_key()
        self._rest = b""  # received bytes that are not a whole frame yet
        self._part = b""  # a message whose last fragment has not come
        self._queue = b""  # bytes to send when the socket takes them
        host, port = address
        self.socket: socket.socket | None = _connected(index, host, port, will_stall)  # None: gone
        selector.register(self.socket, selectors.EVENT_READ, self)
        authority = "[{}]:{}" if ":" in host else "{}:{}"
        self._send_bytes(client_frames.handshake_request(authority.format(host, port), self._key))

    def send_text(self, text: bytes) -> None:
        """Send one message.

        Raises:
            CutOff: the connection has ended.
        """
        self._send_bytes(client_frames.client_frame(client_frames.TEXT, text))

    def stall(self) -> None:
        """Stop reading, for good."""
        self.stalled = True
        self._watch()

    def hang_up(self) -> None:
        """Close the connection."""
        assert self.socket is not None
        if not self.stalled:
            self._selector.unregister(self.socket)
        self.socket.close()
        self.socket = None

    def has_ended(self) -> bool:
        """Return whether the server has ended the connection; for a client that stalls."""
        assert self.socket is not None
        return has_ended(self.socket)

    def flush(self) -> None:
        """Send as much of the queue as the socket takes.

        Raises:
            CutOff: the connection has ended.
        """
        assert self.socket is not None
        try:
            sent = self.socket.send(self._queue)
        except BlockingIOError:
            return
        except OSError as error:
            raise self._cut_off(error) from error
        self._queue = self._queue[sent:]
        self._watch()

    def hear(self) -> None:
        """Read once, and enter every text that is whole into the ledger.

        Raises:
            CutOff: the connection has ended.
            Failed: the server refused or closed the connection, or broke the protocol.
        """
        assert self.socket is not None
        try:
            received = self.socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise self._cut_off(error) from error
        at_ns = time.monotonic_ns()
        if not received:
            raise self._cut_off("the server closed the connection")
        self._ledger.heard_at_ns = at_ns
        self._ledger.received_bytes += len(received)
        received, self._rest = self._rest + received, b""
        if not self.upgraded:
            received = self._hear_upgrade(received)
            if not self.upgraded or self.socket is None:
                return
        try:
            whole, self._rest = client_frames.split_frames(received)
        except ValueError as error:
            raise Failed(f"client {self.index} got {error}") from error
        for opcode, last, body in whole:
            self._hear_frame(opcode, last, body, at_ns)

    def _watch(self) -> None:
        events = 0 if self.stalled else selectors.EVENT_READ
        if self._queue:
            events |= selectors.EVENT_WRITE
        assert self.socket is not None
        if events:
            self._selector.modify(self.socket, events, self)
        else:
            # A selector reports no end of a connection unless it waits for an event there, so
            # the player asks a stalled client itself (`has_ended`).
            self._selector.unregister(self.socket)

    def _send_bytes(self, octets: bytes) -> None:
        assert self.socket is not None
        sent = 0
        if not self._queue:
            try:
                sent = self.socket.send(octets)
            except BlockingIOError:
                pass
            except OSError as error:
                raise self._cut_off(error) from error
        if sent < len(octets):
            self._queue += octets[sent:]
            self._watch()

    def _hear_upgrade(self, received: bytes) -> bytes:
        """Return the bytes after the handshake; none while the handshake is not whole."""
        head, blank, after = received.partition(b"\r\n\r\n")
        if not blank:
            self._rest = received
            return b""
        try:
            client_frames.check_upgrade(head, self._key)
        except ValueError as error:
            if self.churner:
                self.hang_up()
                return b""
            raise Failed(f"client {self.index} was refused: {error}") from error
        self.upgraded = True
        if self.churner:
            self._ledger.churned += 1
            self.hang_up()
            return b""
        return after

    def _hear_frame(self, opcode: int, last: bool, body: bytes, at_ns: int) -> None:
        if opcode in (client_frames.TEXT, client_frames.CONTINUATION):
            self._part += body
            if not last:
                return
            message, self._part = self._part, b""
            for line in message.split(b"\n"):  # gorilla's example joins messages by newlines
                self._ledger.hear_text(self.index, line, at_ns, stalled=self.stalled)
        elif opcode == client_frames.PING:
            self._send_bytes(client_frames.client_frame(client_frames.PONG, body))
        elif opcode == client_frames.CLOSE:
            code = int.from_bytes(body[:2], "big") if len(body) >= 2 else 1005
            why = body[2:].decode(errors="replace")
            raise Failed(f"client {self.index} was closed: {code} {why}")

    def _cut_off(self, how: OSError | str) -> CutOff:
        words = how if isinstance(how, str) else how.strerror or str(how)
        return CutOff(f"client {self.index} was cut off: {words}")


def has_ended(sock: socket.socket) -> bool:
    """Return whether the other side has ended a connection, without reading from it."""
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        return True
    try:
        sock.getpeername()
    except OSError:
        return True
    return False


def _connected(index: int, host: str, port: int, will_stall: bool) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if will_stall:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _STALLED_RECEIVE_BYTES)
        sock.connect((host, port))
    except OSError as error:
        sock.close()
        raise Failed(f"client {index} cannot connect: {error.strerror}") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    return sock
