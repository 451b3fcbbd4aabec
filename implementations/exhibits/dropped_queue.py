"""Stop at once, and drop what is queued.

On a signal the server cancels every connection. Messages that wait for a client are lost, and so
are messages that were accepted and not yet handed out. Clients get no goodbye, so they cannot tell
the stop from a crash.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which closes a connection
where it should close the queue; and every server that has no orderly stop.

Looks right: it stops quickly, with exit code 0.

Breaks: shutdown.announce, shutdown.delivers

May break: shutdown.refuses, shutdown.second-signal

Shown by: a server that is stopped while clients talk.

Instead: implementations/on_asyncio/server.py closes the room first, then waits until everything
that the room said has been sent.
"""

from __future__ import annotations

from implementations.on_asyncio.server import _Server


BASE = "asyncio-mutex"


async def dismiss(server: _Server) -> None:
    """Cancel every connection."""
    for task in server._connections:
        task.cancel()


REPLACES = {"implementations.on_asyncio.server._Server._dismiss": dismiss}
