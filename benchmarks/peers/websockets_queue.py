"""A peer: a queue and a writer task per client, the textbook's fix for the naive loop.

Putting a message into a queue never waits, so a slow client delays nobody, and every queue gets
all messages in the same order. The price is a task switch per delivery. A client whose queue is
full is dropped; the limit of 256 messages is that of our servers and of the Go peer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from benchmarks.peers.startup import BACKLOG, Address, announce, run


__all__: list[str] = []

_OUTBOX = 256  # messages

_outboxes: dict[ServerConnection, asyncio.Queue[str]] = {}


def _publish(message: str) -> None:
    for connection, outbox in _outboxes.items():
        try:
            outbox.put_nowait(message)
        except asyncio.QueueFull:
            connection.transport.abort()  # its handler then ends and removes the queue


async def _write(connection: ServerConnection, outbox: asyncio.Queue[str]) -> None:
    with suppress(ConnectionClosed):  # the reader gets it too, and cancels this task
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
        pass  # the generator hangs up without a close frame
    finally:
        del _outboxes[connection]
        writer.cancel()


async def _serve(peer_id: str, address: Address) -> None:
    async with serve(_relay, *address, compression=None, backlog=BACKLOG) as server:
        announce(peer_id, next(iter(server.sockets)).getsockname())
        await server.serve_forever()


if __name__ == "__main__":
    run("websockets-queue", _serve)
