"""Stop in good order, however often one is told.

The first signal begins an orderly end, and each further one is the same message again. Whoever
wants it to end now has to kill it.

Imitates: a handler that sets an event, and sets it again.

Looks right: the orderly end is the right end.

Breaks: shutdown.second-signal

Shown by: Ctrl-C, twice, while a client does not take its last lines.

Instead: implementations/on_asyncio/server.py: the second signal ends the process at once.
"""

from __future__ import annotations

from implementations.on_asyncio.server import _Server


BASE = "asyncio-mutex"


def stop(server: _Server, number: int) -> None:
    """Begin to stop, if that has not begun."""
    server._stopping.set()


REPLACES = {"implementations.on_asyncio.server._Server._stop": stop}
