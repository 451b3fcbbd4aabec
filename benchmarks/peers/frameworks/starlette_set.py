"""A peer: Starlette on granian, a set of clients, each send awaited in turn.

Pattern: https://www.starlette.io/websockets/ (``iter_text``); the server of
https://github.com/emmett-framework/granian, embedded in this process.

The set is copied for each message, because it changes while a send is awaited.
"""

from __future__ import annotations

import asyncio
import signal

from door import BACKLOG, announce, open_door
from granian.constants import Interfaces
from granian.server.embed import Server
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


async def announce_when_open(host: str, port: int) -> None:
    while True:  # granian says nothing when it listens
        try:
            _, writer = await asyncio.open_connection(host, port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return announce("starlette-set", (host, port))


async def main() -> None:
    with open_door() as free:
        host, port = free.getsockname()[:2]
    app = Starlette(routes=[WebSocketRoute("/ws", chat)])
    server = Server(
        app, address=host, port=port, interface=Interfaces.ASGI, backlog=BACKLOG, log_enabled=False
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(announce_when_open(host, port))
        tasks.create_task(server.serve())


if __name__ == "__main__":
    asyncio.run(main())
