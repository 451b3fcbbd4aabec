"""One client's socket in the threads runtime: bytes in, bytes out, and an orderly end.

Mirrors on_asyncio/wire.py and on_trio/wire.py. Each method waits only until the
socket is ready; the call that follows cannot wait.

Invariants:
  1. Every wait for the socket has a deadline, or ends when another thread calls `shut_down`.
  2. When the socket takes nothing for `STALL_S`, the outbox stops holding the talkers back,
     except under ``block``.
"""

from __future__ import annotations

import socket
import struct
import time

from implementations.core.errors import PeerGone, PeerStuck
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.readiness import readable, writable


__all__ = ["LINGER_S", "Wire"]

READ_BYTES = 64 * 1024  # at most, per read
STALL_S = 1.0  # a socket that takes nothing for this long stops holding the talkers back
QUIET_S = STALL_S / 2  # a socket already idle for this long never starts holding them back
LINGER_S = 1.0  # how long to wait for the peer to end its side after we ended ours


class Wire:
    """One client's socket.

    Args:
        sock: non-blocking; `close` closes it.
        outbox: it is told when the socket takes nothing.
        write_timeout_s: how long the socket may take nothing before the peer counts as stuck.

    Attributes:
        lost: whether `give_up` was called.
    """

    def __init__(self, sock: socket.socket, outbox: Outbox, write_timeout_s: float) -> None:
        self.lost = False
        self._sock = sock
        self._outbox = outbox
        self._write_timeout_s = write_timeout_s

    def receive(self, deadline: float) -> bytes | None:
        """Wait for bytes and return them; ``b""`` at the end of the stream.

        Args:
            deadline: when to stop waiting, on the monotonic clock.

        Returns:
            None when nothing came; usually because the deadline has passed.

        Raises:
            PeerGone: the connection failed.
        """
        readable(self._sock, deadline=deadline)
        try:
            return self._sock.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise PeerGone from error

    def send(self, data: bytes) -> None:
        """Write all of ``data``. Nearly always the socket takes it at once.

        Raises:
            PeerGone: the connection failed.
            PeerStuck: the socket took nothing for ``write_timeout_s``.
        """
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise PeerGone from error
        if sent < len(data):
            self._send_slowly(data[sent:])

    def shut_down(self, how: int) -> None:
        """End one direction of the socket, or both, and every wait for it. For any thread.

        Args:
            how: ``socket.SHUT_RD``, ``SHUT_WR`` or ``SHUT_RDWR``.

        Raises:
            OSError: the connection or the socket is closed already.
        """
        self._sock.shutdown(how)

    def give_up(self) -> None:
        """Make `close` drop the bytes that the peer has not taken, because it never will."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.lost = True

    def linger(self) -> None:
        """End our side, then read and drop what still comes until the peer ends its side.

        Closing a socket with unread input resets the connection, and a reset destroys
        what the peer has not read yet: its last lines.
        """
        try:
            self._sock.shutdown(socket.SHUT_WR)
            deadline = self._now() + LINGER_S
            while readable(self._sock, deadline=deadline):
                if not self._sock.recv(READ_BYTES):
                    return
        except OSError:
            return

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def _send_slowly(self, rest: bytes) -> None:
        progress_at = self._now()
        deadline = progress_at + self._write_timeout_s
        while rest:
            until = min(deadline, self._now() + QUIET_S)
            writable(self._sock, deadline=until)
            try:  # also after a time-out: if this server was stopped, its own timer fired late
                rest = rest[self._sock.send(rest) :]
            except BlockingIOError:
                if self._now() >= until:
                    self._outbox.stall(for_long=self._now() - progress_at >= STALL_S)
                    deadline += self._now() - until  # the time in which this server did not run
                    if self._now() >= deadline:
                        raise PeerStuck from None
                continue
            except OSError as error:
                raise PeerGone from error
            progress_at = self._now()
            if (
                self._outbox.cause is None
            ):  # progress extends the deadline, but not once the client leaves
                deadline = progress_at + self._write_timeout_s

    def _now(self) -> float:
        return time.monotonic()
