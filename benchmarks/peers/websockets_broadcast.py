"""A peer: what the `websockets` library gives whoever wants a fan-out server and nothing more.

It sends each message it gets to everyone, with the library's own ``broadcast()``. No names, no
rooms, no outboxes, no policy for slow consumers; compression is off, as it is in the servers here.
"""

from __future__ import annotations

import argparse
import asyncio

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosedError


__all__: list[str] = []

_connections: set[ServerConnection] = set()


async def _relay(connection: ServerConnection) -> None:
    _connections.add(connection)
    try:
        async for message in connection:
            broadcast(_connections, message)
    except ConnectionClosedError:
        pass  # the generator hangs up without a goodbye
    finally:
        _connections.remove(connection)


async def _serve(host: str, port: int) -> None:
    async with serve(_relay, host, port, compression=None) as server:
        host, port = server.sockets[0].getsockname()[:2]
        print(f"peer websockets-broadcast ready ws={host}:{port}", flush=True)
        await server.serve_forever()


def main() -> None:
    """Serve until the process is stopped."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.websockets_broadcast")
    parser.add_argument("--ws", default="127.0.0.1:0", metavar="HOST:PORT")
    host, _, port = parser.parse_args().ws.rpartition(":")
    asyncio.run(_serve(host, int(port)))


if __name__ == "__main__":
    main()
