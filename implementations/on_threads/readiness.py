"""Wait until a socket can be read or written, and do nothing else.

The sockets here are non-blocking and used directly: wait until the socket is ready, then make
one call that cannot wait. A blocking socket with a time-out would not work: the time-out
belongs to the socket, and here a read pump and a write pump share one socket but have
different deadlines.
"""

from __future__ import annotations

import math
import select
import socket
import time


__all__ = ["readable", "writable"]

LONGEST_WAIT_S = 24 * 3600.0  # poll() counts in an int of milliseconds: 24.8 days at most


def readable(*socks: socket.socket, deadline: float = math.inf) -> list[socket.socket]:
    """Wait until one of ``socks`` has bytes to read, or its stream has ended.

    Args:
        deadline: when to stop waiting, in seconds on the monotonic clock.

    Returns:
        The sockets that are ready; none when the deadline, or `LONGEST_WAIT_S`, came first.
    """
    ready = _poll(socks, select.POLLIN, deadline)
    return [sock for sock in socks if sock.fileno() in ready]


def writable(sock: socket.socket, *, deadline: float = math.inf) -> bool:
    """Wait until ``sock`` takes bytes, or has failed. False when the deadline came first."""
    return bool(_poll((sock,), select.POLLOUT, deadline))


def _poll(socks: tuple[socket.socket, ...], event: int, deadline: float) -> set[int]:
    poll = select.poll()
    for sock in socks:
        poll.register(sock, event)
    wait_ms = None
    if deadline < math.inf:
        wait_s = min(deadline - time.monotonic(), LONGEST_WAIT_S)
        wait_ms = max(0, math.ceil(wait_s * 1000))
    return {descriptor for descriptor, _ in poll.poll(wait_ms)}
