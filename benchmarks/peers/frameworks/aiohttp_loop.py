"""A peer: aiohttp, a set of clients, each send awaited in turn.

Pattern: https://docs.aiohttp.org/en/stable/web_quickstart.html#websockets for the handler, and
https://docs.aiohttp.org/en/stable/web_advanced.html#graceful-shutdown for the set of clients that
is closed at the end.

The set is copied for each message, because it changes while a send is awaited.
"""

from __future__ import annotations

from aiohttp import WSCloseCode, WSMsgType, web
from door import announce, open_door


CLIENTS = web.AppKey("clients", set[web.WebSocketResponse])


async def chat(request: web.Request) -> web.WebSocketResponse:
    client = web.WebSocketResponse()
    await client.prepare(request)
    clients = request.app[CLIENTS]
    clients.add(client)
    try:
        async for message in client:
            if message.type == WSMsgType.TEXT:
                for other in list(clients):
                    await other.send_str(message.data)
    finally:
        clients.discard(client)
    return client


async def close_all(app: web.Application) -> None:
    for client in list(app[CLIENTS]):
        await client.close(code=WSCloseCode.GOING_AWAY, message=b"Server shutdown")


if __name__ == "__main__":
    app = web.Application()
    app[CLIENTS] = set()
    app.router.add_get("/ws", chat)
    app.on_shutdown.append(close_all)
    door = open_door()
    announce("aiohttp-loop", door.getsockname())
    web.run_app(app, sock=door, print=None, access_log=None, shutdown_timeout=1)
