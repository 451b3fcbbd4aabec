"""Wait until a socket can be read or written, and do nothing else.

The sockets here are non-blocking and used directly: wait for readiness, then
make one call that cannot wait. A blocking socket with a time-out would not do:
the time-out belongs to the socket, and here a read pump and a write pump with
deadlines of their own share one.
"""

from __future__ import annotations

import math
import select
import socket
import time


__all__ = ["readable", "writable"]


def readable(*socks: socket.socket, deadline: float = math.inf) -> list[socket.socket]:
    """Wait until one of ``socks`` has something to read, its end of stream included.

    Args:
        deadline: on the monotonic clock, seconds.

    Returns:
        Those that have; none when the deadline came first.
    """
    ready = _poll(socks, select.POLLIN, deadline)
    return [sock for sock in socks if sock.fileno() in ready]


def writable(sock: socket.socket, *, deadline: float = math.inf) -> bool:
    """Wait until ``sock`` takes more bytes, or has failed; False when the deadline came first."""
    return bool(_poll((sock,), select.POLLOUT, deadline))


def _poll(socks: tuple[socket.socket, ...], event: int, deadline: float) -> set[int]:
    poll = select.poll()
    for sock in socks:
        poll.register(sock, event)
    wait_ms = None
    if deadline < math.inf:
        wait_ms = max(0, math.ceil((deadline - time.monotonic()) * 1000))
    return {descriptor for descriptor, _ in poll.poll(wait_ms)}
