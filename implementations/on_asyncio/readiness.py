"""Wait until a socket can be read or written, and do nothing else.

The sockets here are non-blocking and used directly: wait for readiness, then
make one call that cannot wait. That is what `trio.lowlevel` offers, and asyncio
does not, so it stands here. Two things speak against asyncio's own ways:

  - ``loop.sock_recv`` under a time-out can lose bytes: it may have read them
    already when the cancellation arrives. Waiting for readiness takes nothing,
    so it can be cancelled at any time.
  - A stream's ``write`` puts what the socket does not take into a second queue,
    behind our outbox, that no outbox limit counts.
"""

from __future__ import annotations

import asyncio
import socket


__all__ = ["readable", "writable"]


async def readable(sock: socket.socket) -> None:
    """Wait until ``sock`` has something to read, its end of stream included. Cancel-safe."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(sock, _wake, ready)
    try:
        await ready
    finally:
        loop.remove_reader(sock)


async def writable(sock: socket.socket) -> None:
    """Wait until ``sock`` takes more bytes, or has failed. Cancel-safe."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_writer(sock, _wake, ready)
    try:
        await ready
    finally:
        loop.remove_writer(sock)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
