"""A non-blocking socket in memory, and behind it a client that plays its script.

It takes the place of an accepted socket, and has those methods of it that a connection uses.
Nothing here waits: code that must wait asks to be called back.

Invariants:
  1. It takes and gives whole runs of bytes or raises ``BlockingIOError``, as the kernel does. With
     short writes it takes a part, and then nothing until `drain`.
  2. What it draws depends only on the seed and its client's name.
  3. It is readable when there is something to read, even the end of the stream or a reset, and
     stays readable until that is read.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from schedules.script import Leaving, Part, Peer


__all__ = ["MemoryRing", "MemorySocket"]

WELCOME_LINES = 2  # lines that a client takes before it stops reading
SHORT_WRITE = 0.5  # share of the writes that are short, where they may be


class Audience(Protocol):
    """Is told what happens at a socket."""

    @property
    def is_over(self) -> bool:
        """Whether the run is over, so that nothing counts: threads or tasks are being ended."""

    def note(self, deed: str, to: str = "") -> None:
        """Note what the running thread or task does."""

    def took(self) -> None:
        """Note that a client has got something."""

    def closed(self) -> None:
        """Note that the server has closed a connection."""


class MemorySocket:
    """One accepted connection.

    Attributes:
        random: for everything that is drawn about this client.
        number: what `fileno` returns while it is open.
    """

    def __init__(self, part: Part, seed: int, audience: Audience, number: int = 0) -> None:
        self.number = number
        self.part = part
        self.peer = Peer(part)
        self.is_closed = False
        self.random = Random(f"{part.name} {seed}")
        self._audience = audience
        self._full = False
        self._partial = b""  # the beginning of a line that is not complete yet
        self._shut: set[int] = set()  # the directions that the server has ended
        self._lines = 0  # lines that the client got
        self._wake: Callable[[], None] | None = None

    @property
    def readable(self) -> bool:
        """Whether `recv` has something to return, or to raise."""
        return self.is_closed or self.peer.has_words or self._ended or bool(self._shut)

    @property
    def writable(self) -> bool:
        """Whether `send` takes something, or has something to raise."""
        return not self._full or self.is_closed

    @property
    def stalled(self) -> bool:
        """Whether the client will never read again."""
        return not self.part.reads and self._lines >= WELCOME_LINES

    @property
    def _ended(self) -> bool:
        return self.peer.has_ended and self.part.leaving is not Leaving.QUIT

    def recv(self, most_bytes: int) -> bytes:
        """Return some of the lines that the client says now, or ``b""`` for its end."""
        self._check_open()
        lines: list[str] = []
        while self.peer.has_words and (not lines or self.random.random() < 0.5):
            line = self.peer.say()
            self._audience.note(f"hears {line!r}")
            lines.append(line)
        if lines:
            return "".join(f"{line}\n" for line in lines).encode()
        if self._ended and self.part.leaving is Leaving.RESET:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        if self._ended or self._shut:
            return b""
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def send(self, data: bytes) -> int:
        """Give the client ``data``, or a part of it; return how many bytes it took."""
        self._check_open()
        if not data:
            return 0
        if socket.SHUT_WR in self._shut:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if self._ended and self.part.leaving is Leaving.RESET:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        if self._full or self.stalled:
            self._full = True
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        if self.part.short_writes and self.random.random() < SHORT_WRITE:
            data = data[: self.random.randint(1, len(data))]
            self._full = True
        self._audience.note(f"writes {data.decode()!r} to", self.part.name)
        *ended, self._partial = (self._partial + data).split(b"\n")
        for line in ended:
            self.peer.hear(line.decode())
        self._lines += len(ended)
        self._audience.took()
        self._call_back()  # last: it may give another thread its turn
        return len(data)

    def fileno(self) -> int:
        """Return its number, or -1 when it is closed, as a socket does."""
        return -1 if self.is_closed else self.number

    def drain(self) -> None:
        """Let the client read what waits for it, so that the socket takes more."""
        if not self.stalled:
            self._full = False

    def shutdown(self, how: int) -> None:
        """End one direction, or both. The client sees the end, and ends its own side."""
        self._check_open()
        self._shut |= {socket.SHUT_RD, socket.SHUT_WR} if how == socket.SHUT_RDWR else {how}
        self._call_back()

    def setsockopt(self, *_: object) -> None:
        """Take an option; no option has an effect here."""

    def close(self) -> None:
        """Close the connection, as the server. Idempotent."""
        if not self.is_closed and not self._audience.is_over:
            self.is_closed = True
            self._audience.note("closes the connection")
            self._call_back()
            self._audience.closed()

    def call_back(self, wake: Callable[[], None] | None) -> None:
        """Call ``wake`` whenever there may be something to read; None: call nothing."""
        self._wake = wake

    def all_gone(self) -> None:
        """Tell the client that all others have left."""
        self.peer.all_gone()
        self._call_back()

    def _call_back(self) -> None:
        if self._wake is not None and self.readable:
            self._wake()

    def _check_open(self) -> None:
        if self.is_closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))


class MemoryRing:
    """Sends to many sockets in one call, in place of a `Ring` of implementations/uring.py."""

    def __init__(self, sockets: Sequence[MemorySocket]) -> None:
        self._sockets = {sock.number: sock for sock in sockets}

    def send(self, fds: Sequence[int], data: bytes) -> list[int]:
        """Return what each socket took, or the number of its error below 0."""
        return [self._sent(fd, data) for fd in fds]

    def _sent(self, fd: int, data: bytes) -> int:
        if fd not in self._sockets:
            return -errno.EBADF
        try:
            return self._sockets[fd].send(data)
        except OSError as error:
            return -(error.errno or errno.EIO)
