"""Wait until a socket can be read or written, and do nothing else.

The sockets here are non-blocking and used directly: wait until the socket is ready, then make
one call that cannot wait. ``trio.lowlevel`` offers such a wait. asyncio does not, so this
module does. The usual ways of asyncio have two problems:

  - ``loop.sock_recv`` with a time-out can lose bytes: it may have read them already when the
    cancellation arrives. A wait for readiness reads nothing, so it can be cancelled at any
    time.
  - ``StreamWriter.write`` puts the bytes that the socket does not take into a second queue
    behind our outbox, and no outbox limit counts them.
"""

from __future__ import annotations

import asyncio
import socket


__all__ = ["readable", "writable"]


async def readable(sock: socket.socket) -> None:
    """Wait until ``sock`` has bytes to read, or its stream has ended. Cancel-safe."""
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
