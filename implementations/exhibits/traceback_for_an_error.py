"""Answer a taken port with a traceback.

The port is taken. The user gets twenty lines about how the program is built, and only the last one
says what is wrong.

Imitates: Python's default for an exception that nothing catches. Go's ``log.Fatal`` does better:
it prints one line.

Looks right: all the information is there.

Breaks: start.port-taken

Shown by: two servers on one port.

Instead: implementations/doors.py turns the error into one line, and the exit code tells a program.
"""

from __future__ import annotations

import socket

from implementations.core.settings import Endpoint


BASE = "asyncio-mutex"


def listen(endpoint: Endpoint) -> socket.socket:
    """Open a door; every error is raised as it is."""
    sock = socket.create_server((endpoint.host, endpoint.port))
    sock.setblocking(False)
    return sock


REPLACES = {"implementations.on_asyncio.server.listen": listen}
