"""A peer: Quart on hypercorn, a broker with a queue per client.

Pattern: https://quart.palletsprojects.com/en/latest/tutorials/chat_tutorial.html

The queues have no limit, as in the tutorial. A publication puts the message into each of them
without waiting, and each client's handler sends what its own queue holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from door import BACKLOG, announce, open_door
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, websocket


app = Quart(__name__)


class Broker:
    def __init__(self) -> None:
        self.queues: set[asyncio.Queue[str]] = set()

    async def publish(self, message: str) -> None:
        for queue in self.queues:
            await queue.put(message)

    async def subscribe(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        self.queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.queues.remove(queue)


broker = Broker()


async def receive() -> None:
    while True:
        await broker.publish(await websocket.receive())


@app.websocket("/ws")
async def chat() -> None:
    receiving = asyncio.ensure_future(receive())
    try:
        async for message in broker.subscribe():
            await websocket.send(message)
    finally:
        receiving.cancel()
        await receiving


if __name__ == "__main__":
    door = open_door()
    config = Config()
    config.bind = [f"fd://{door.fileno()}"]
    config.backlog = BACKLOG
    config.errorlog = None
    config.graceful_timeout = 1.0
    announce("quart-broker", door.getsockname())
    asyncio.run(serve(app, config))
