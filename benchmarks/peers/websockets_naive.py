"""A peer: the naive fan-out, a loop that awaits each client's send in turn.

It works until a client reads slowly: then every speaker waits for that client, and so does
everybody else. This peer is measured to show that. While one speaker waits, another may overtake
it, so the clients after the slow one in the loop can get two messages in the wrong order.
"""

from __future__ import annotations

from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from benchmarks.peers.startup import BACKLOG, Address, announce, run


__all__: list[str] = []

_connections: set[ServerConnection] = set()


async def _relay(connection: ServerConnection) -> None:
    _connections.add(connection)
    try:
        async for message in connection:
            if isinstance(message, str):
                for other in list(_connections):  # the set changes while a send is awaited
                    with suppress(ConnectionClosed):
                        await other.send(message)
    except ConnectionClosedError:
        pass  # the generator hangs up without a close frame
    finally:
        _connections.remove(connection)


async def _serve(peer_id: str, address: Address) -> None:
    async with serve(_relay, *address, compression=None, backlog=BACKLOG) as server:
        announce(peer_id, next(iter(server.sockets)).getsockname())
        await server.serve_forever()


if __name__ == "__main__":
    run("websockets-naive", _serve)
