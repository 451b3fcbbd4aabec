"""Let the interpreter explain.

The port is taken, and what the person in front of it gets is how the program is built: twenty
lines, of which the last one says what is the matter.

Imitates: ``log.Fatal`` at its best (S2: "address already in use"), and Python's default.

Looks right: all the information is there.

Breaks: start.port-taken

Shown by: two servers at one port.

Instead: implementations/doors.py makes it one line, and the exit code says the rest.
"""

from __future__ import annotations

import socket

from implementations.core.settings import Endpoint


BASE = "asyncio-mutex"


def listen(endpoint: Endpoint) -> socket.socket:
    """Open a door, or raise whatever comes."""
    sock = socket.create_server((endpoint.host, endpoint.port))
    sock.setblocking(False)
    return sock


REPLACES = {"implementations.on_asyncio.server.listen": listen}
