"""A peer: trio-websocket, a set of clients, each send awaited in turn.

Pattern: https://trio-websocket.readthedocs.io/en/stable/getting_started.html (server example). The
documentation shows an echo; the set of clients is the usual way from there to a room.

The set is copied for each message, because it changes while a send is awaited.
"""

from __future__ import annotations

import contextlib

import trio
from door import announce, wanted_address
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, serve_websocket


clients: set[WebSocketConnection] = set()


async def chat(request: WebSocketRequest) -> None:
    client = await request.accept()
    clients.add(client)
    try:
        while True:
            message = await client.get_message()
            for other in list(clients):
                with contextlib.suppress(ConnectionClosed):
                    await other.send_message(message)
    except ConnectionClosed:
        pass
    finally:
        clients.discard(client)


async def main() -> None:
    host, port = wanted_address()
    async with trio.open_nursery() as nursery:
        server = await nursery.start(serve_websocket, chat, host, port, None)
        announce("trio-websocket-loop", (host, server.port))


if __name__ == "__main__":
    trio.run(main)
