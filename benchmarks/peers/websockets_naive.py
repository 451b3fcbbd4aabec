"""A peer: the first thing that everybody writes, a loop that awaits each client's send in turn.

Nothing is wrong with it until a client reads slowly: then every speaker waits for that one
client, and so does everyone else. That is its point. While a speaker waits, others overtake it,
so clients that come after the slow one can get two messages the other way round.
"""

from __future__ import annotations

from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from benchmarks.peers.doorway import BACKLOG, Address, announce, run


__all__: list[str] = []

_connections: set[ServerConnection] = set()


async def _relay(connection: ServerConnection) -> None:
    _connections.add(connection)
    try:
        async for message in connection:
            if isinstance(message, str):
                for other in list(_connections):  # it changes while a send is awaited
                    with suppress(ConnectionClosed):
                        await other.send(message)
    except ConnectionClosedError:
        pass  # the generator hangs up without a goodbye
    finally:
        _connections.remove(connection)


async def _serve(peer_id: str, address: Address) -> None:
    async with serve(_relay, *address, compression=None, backlog=BACKLOG) as server:
        announce(peer_id, next(iter(server.sockets)).getsockname())
        await server.serve_forever()


if __name__ == "__main__":
    run("websockets-naive", _serve)
