"""A peer: Sanic, a set of clients, each send awaited in turn.

Pattern: https://sanic.dev/en/guide/advanced/websockets.html (``async for message in ws``). The
documentation shows an echo; the set of clients is the usual way from there to a room.

The set is copied for each message, because it changes while a send is awaited.
"""

from __future__ import annotations

from door import announce, open_door
from sanic import Request, Sanic, Websocket


app = Sanic("chat", configure_logging=False)
app.config.ACCESS_LOG = False
app.config.MOTD = False
app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 1.0
clients: set[Websocket] = set()


@app.websocket("/ws")
async def chat(_request: Request, client: Websocket) -> None:
    clients.add(client)
    try:
        async for message in client:
            for other in list(clients):
                await other.send(message)
    finally:
        clients.discard(client)


if __name__ == "__main__":
    door = open_door()
    announce("sanic-loop", door.getsockname())
    app.prepare(sock=door, single_process=True, motd=False, access_log=False)
    Sanic.serve_single(app)
