"""A peer: Starlette on granian, a set of clients, each send awaited in turn.

Pattern: https://www.starlette.io/websockets/ (``iter_text``), served as
``granian --interface asgi starlette_set:app`` does it: https://github.com/emmett-framework/granian

The set is copied for each message, because it changes while a send is awaited.
"""

from __future__ import annotations

import socket
import threading
import time

from door import BACKLOG, announce, open_door
from granian import Granian
from granian.constants import Interfaces
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket


clients: set[WebSocket] = set()


async def chat(client: WebSocket) -> None:
    await client.accept()
    clients.add(client)
    try:
        async for text in client.iter_text():
            for other in list(clients):
                await other.send_text(text)
    finally:
        clients.discard(client)


app = Starlette(routes=[WebSocketRoute("/ws", chat)])


def announce_when_open(address: tuple[str, int]) -> None:
    """Announce the door when it is open: granian listens in another process, and says nothing."""
    while True:
        try:
            socket.create_connection(address).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return announce("starlette-set", address)


if __name__ == "__main__":
    with open_door() as free:
        host, port = free.getsockname()[:2]
    threading.Thread(target=announce_when_open, args=[(host, port)], daemon=True).start()
    Granian(
        "starlette_set:app",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        log_enabled=False,
    ).serve()
