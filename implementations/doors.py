"""Opening the doors: what all runtimes do with sockets before anything waits."""

from __future__ import annotations

import contextlib
import errno
import resource
import socket

from implementations.core.errors import CannotStart
from implementations.core.settings import Endpoint


__all__ = [
    "NEWCOMER_GONE",
    "OUT_OF_DESCRIPTORS",
    "listen",
    "peer_name",
    "raise_descriptor_limit",
    "where",
]

BACKLOG = 4096  # connections that may wait in the kernel; by default Linux allows no more
SEND_BUFFER_BYTES = 64 * 1024  # per client. By default it may grow to megabytes, and the server
# would notice a client that does not read that much later.
SPARE_DESCRIPTORS = 64  # for the listeners, the log, the interpreter
FEWEST_DESCRIPTORS = 12  # with fewer, the event loop or the doors cannot even be opened

_IPV4_MAPPED = "::ffff:"  # how a door for every address spells an IPv4 address

# The errors of ``accept`` when the machine has a problem, and not the newcomer.
OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

# The errors of ``accept`` on Linux when the newcomer is gone already, or its network is.
NEWCOMER_GONE = (
    errno.EAGAIN,  # no newcomer at all
    errno.ECONNABORTED,
    errno.EPROTO,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENOPROTOOPT,
    errno.EOPNOTSUPP,
)


def listen(endpoint: Endpoint) -> socket.socket:
    """Open a door and return its listening, non-blocking socket.

    Sockets accepted from it inherit its options.

    Raises:
        CannotStart: the port is taken, or the address does not belong to this machine.
    """
    try:
        sock = _bound(endpoint)
    except (OSError, ValueError) as error:  # ValueError: no host name at all
        raise CannotStart(f"cannot listen on {endpoint}: {_reason(error)}") from error
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    return sock


def _bound(endpoint: Endpoint) -> socket.socket:
    if not endpoint.host and socket.has_dualstack_ipv6():
        return socket.create_server(
            ("", endpoint.port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True
        )
    family, *_, address = socket.getaddrinfo(
        endpoint.host or "0.0.0.0",
        endpoint.port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )[0]
    return socket.create_server(address, family=family, backlog=BACKLOG)


def where(sock: socket.socket) -> Endpoint:
    """Return the address and port that a listening socket really has."""
    host, port, *_ = sock.getsockname()
    return Endpoint(host, port)


def peer_name(address: tuple[str, int]) -> str:
    """Return the first name of the client at ``address``: ``127.0.0.1:51234``, ``[::1]:51234``."""
    host, port, *_ = address
    return str(Endpoint(host.removeprefix(_IPV4_MAPPED) if "." in host else host, port))


def raise_descriptor_limit(max_clients: int) -> str | None:
    """Raise the soft limit on open files to what ``max_clients`` need, up to the hard limit.

    Returns:
        A warning for the user when that is too few; None when it is enough.

    Raises:
        CannotStart: the limit is so low that no server can start.
    """
    wanted = max_clients + SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if ceiling < FEWEST_DESCRIPTORS <= wanted:
        raise CannotStart(f"this process may open only {ceiling} files (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < ceiling:
        with contextlib.suppress(OverflowError, ValueError, OSError):  # more than the system has
            resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
    if ceiling < wanted:
        clients = max(0, ceiling - SPARE_DESCRIPTORS)
        few = f"at most {clients}" if clients else "only a few"
        return (
            f"{few} clients can connect, not {max_clients}: "
            f"this process may open {ceiling} files (ulimit -Hn)"
        )
    return None


def _reason(error: OSError | ValueError) -> str:
    """Return the system's words for what went wrong, without the address that they repeat."""
    text = error.strerror if isinstance(error, OSError) else "not a host name"
    return (text or str(error)).split(" (while attempting")[0].lower()
