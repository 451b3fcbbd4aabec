"""Keep the doors open while the server stops.

The listening sockets are closed only when the process ends. Until then the kernel accepts
connections, and the clients behind them wait for an answer that never comes.

Imitates: Go's ``defer listener.Close()`` in ``main``: it runs after everything else has ended.

Looks right: the doors do close in the end.

Breaks: shutdown.refuses

Shown by: a client that connects while others have not yet read their last lines.

Instead: implementations/on_asyncio/server.py closes its doors first.
"""

from __future__ import annotations

import socket

from implementations.core.settings import Endpoint
from implementations.doors import listen


BASE = "asyncio-mutex"

_kept: list[socket.socket] = []


def listen_for_good(endpoint: Endpoint) -> socket.socket:
    """Open a door that stays open after it is closed."""
    sock = listen(endpoint)
    _kept.append(sock.dup())
    return sock


REPLACES = {"implementations.on_asyncio.server.listen": listen_for_good}
