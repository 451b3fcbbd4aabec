"""A peer: the smallest fan-out server on the `websockets` library.

It sends each message to every client with the library's own ``broadcast()``. It has no names, no
outboxes and no policy for slow consumers. Compression is off, as in our servers. With
``--loop uvloop`` it runs on uvloop.
"""

from __future__ import annotations

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosedError

from benchmarks.peers.startup import BACKLOG, Address, announce, run


__all__: list[str] = []

_connections: set[ServerConnection] = set()


async def _relay(connection: ServerConnection) -> None:
    _connections.add(connection)
    try:
        async for message in connection:
            if isinstance(message, str):
                broadcast(_connections, message)
    except ConnectionClosedError:
        pass  # the generator hangs up without a close frame
    finally:
        _connections.remove(connection)


async def _serve(peer_id: str, address: Address) -> None:
    async with serve(_relay, *address, compression=None, backlog=BACKLOG) as server:
        announce(peer_id, next(iter(server.sockets)).getsockname())
        await server.serve_forever()


if __name__ == "__main__":
    run("websockets-broadcast", _serve)
