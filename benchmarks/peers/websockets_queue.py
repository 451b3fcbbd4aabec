"""A peer: a queue and a writer task for each client, the textbook's cure for the naive loop.

Putting a message into a queue never waits, so a slow client delays nobody, and all queues get
all messages in one order. It costs a task switch a delivery. A client whose queue is full is
dropped; 256 messages is what the servers here and the Go peer allow too.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from benchmarks.peers.doorway import BACKLOG, Address, announce, run


__all__: list[str] = []

_OUTBOX = 256  # messages

_outboxes: dict[ServerConnection, asyncio.Queue[str]] = {}


def _publish(message: str) -> None:
    for connection, outbox in _outboxes.items():
        try:
            outbox.put_nowait(message)
        except asyncio.QueueFull:
            connection.transport.abort()  # its handler ends, and takes the queue away


async def _write(connection: ServerConnection, outbox: asyncio.Queue[str]) -> None:
    with suppress(ConnectionClosed):  # the reader sees it too, and ends this task
        while True:
            await connection.send(await outbox.get())


async def _relay(connection: ServerConnection) -> None:
    _outboxes[connection] = outbox = asyncio.Queue[str](_OUTBOX)
    writer = asyncio.create_task(_write(connection, outbox))
    try:
        async for message in connection:
            if isinstance(message, str):
                _publish(message)
    except ConnectionClosedError:
        pass  # the generator hangs up without a goodbye
    finally:
        del _outboxes[connection]
        writer.cancel()


async def _serve(peer_id: str, address: Address) -> None:
    async with serve(_relay, *address, compression=None, backlog=BACKLOG) as server:
        announce(peer_id, next(iter(server.sockets)).getsockname())
        await server.serve_forever()


if __name__ == "__main__":
    run("websockets-queue", _serve)
