"""What both doors' clients do with a socket: connect it, and wait until it is ready."""

import select
import socket
import time

from conformance.server import Address
from conformance.timing import WITHIN


__all__ = ["connected", "ready_for"]

# When a receive buffer is full, the kernel drops what comes and the sender retries after 200 ms,
# and again: a reader that was late once then looks like one that does not read. With this size a
# client takes all that the kernel had promised to take, however late it is.
_ROOMY_BUFFER_BYTES = 1 << 20


def connected(address: Address, receive_buffer_bytes: int | None) -> socket.socket:
    """Return a non-blocking socket that is connected to an address.

    Args:
        receive_buffer_bytes: None: roomy enough that a late reader loses nothing.

    Raises:
        OSError: nobody accepts there.
    """
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # The first window depends on it, so it must be set before connecting.
        buffer_bytes = receive_buffer_bytes or _ROOMY_BUFFER_BYTES
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(WITHIN)
        sock.connect(address)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def ready_for(event: int, sock: socket.socket, deadline: float) -> bool:
    """Wait until a socket is ready for ``select.POLLIN`` or ``select.POLLOUT``.

    Returns:
        False when it was not ready by the deadline, on the monotonic clock.
    """
    poller = select.poll()
    poller.register(sock, event)
    return bool(poller.poll(max(0.0, deadline - time.monotonic()) * 1000))
