"""Ignore the second signal.

The first signal starts an orderly stop. A further signal starts the same stop again, which changes
nothing. A user who wants the server to end now must kill it.

Imitates: a signal handler that sets an event, and sets it again.

Looks right: the orderly stop is the right way to stop.

Breaks: shutdown.second-signal

Shown by: Ctrl-C, pressed twice, while a client does not read its last lines.

Instead: implementations/on_asyncio/server.py ends the process at once on the second signal.
"""

from __future__ import annotations

from implementations.on_asyncio.server import _Server


BASE = "asyncio-mutex"


def stop(server: _Server, number: int) -> None:
    """Start the orderly stop, unless it has started."""
    server._stopping.set()


REPLACES = {"implementations.on_asyncio.server._Server._stop": stop}
