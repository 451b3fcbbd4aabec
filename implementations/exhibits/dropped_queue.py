"""Stop at once.

At a signal every connection is cancelled. What waits for a client, what was accepted and not
said yet, and the goodbye that would have told it from a crash: all are gone.

Imitates: the hub that closes the connection where it should close the queue (S0-02), and every
server that ends with its process (S0-15).

Looks right: it stops quickly, and with exit code 0.

Breaks: shutdown.announce, shutdown.delivers

May break: shutdown.refuses, shutdown.second-signal

Shown by: a server that is stopped while people talk.

Instead: implementations/on_asyncio/server.py closes the room first, and waits for what it says.
"""

from __future__ import annotations

from implementations.on_asyncio.server import _Server


BASE = "asyncio-mutex"


async def dismiss(server: _Server) -> None:
    """Drop everyone."""
    for task in server._connections:
        task.cancel()


REPLACES = {"implementations.on_asyncio.server._Server._dismiss": dismiss}
