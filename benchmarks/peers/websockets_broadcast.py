"""A peer: what the `websockets` library gives whoever wants a fan-out server and nothing more.

It sends each message it gets to everyone, with the library's own ``broadcast()``. No names, no
rooms, no outboxes, no policy for slow consumers; compression is off, as it is in the servers here.
With ``--loop uvloop`` the same on uvloop.
"""

from __future__ import annotations

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosedError

from benchmarks.peers.doorway import BACKLOG, Address, announce, run


__all__: list[str] = []

_connections: set[ServerConnection] = set()


async def _relay(connection: ServerConnection) -> None:
    _connections.add(connection)
    try:
        async for message in connection:
            if isinstance(message, str):
                broadcast(_connections, message)
    except ConnectionClosedError:
        pass  # the generator hangs up without a goodbye
    finally:
        _connections.remove(connection)


async def _serve(peer_id: str, address: Address) -> None:
    async with serve(_relay, *address, compression=None, backlog=BACKLOG) as server:
        announce(peer_id, next(iter(server.sockets)).getsockname())
        await server.serve_forever()


if __name__ == "__main__":
    run("websockets-broadcast", _serve)
