"""Leave the doors open while stopping.

The listening sockets are closed at the end, with the process. Until then the kernel goes on
taking connections, and those who made them wait for an answer that nobody will give.

Imitates: ``defer listener.Close()`` at the end of ``main``: it comes when all else is over.

Looks right: the doors do close, in the end.

Breaks: shutdown.refuses

Shown by: someone who connects while others have not yet taken their last lines.

Instead: implementations/on_asyncio/server.py closes its doors first.
"""

from __future__ import annotations

import socket

from implementations.core.settings import Endpoint
from implementations.doors import listen


BASE = "asyncio-mutex"

_kept: list[socket.socket] = []


def listen_for_good(endpoint: Endpoint) -> socket.socket:
    """Open a door that closing does not close."""
    sock = listen(endpoint)
    _kept.append(sock.dup())
    return sock


REPLACES = {"implementations.on_asyncio.server.listen": listen_for_good}
