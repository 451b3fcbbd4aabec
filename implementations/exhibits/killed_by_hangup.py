"""Have no handler for the hangup of the terminal.

The server stops in good order on Ctrl-C and on SIGTERM. When the user closes the terminal window,
the kernel kills it: nobody hears a goodbye, and what was accepted is lost.

Imitates: servers that handle SIGINT and SIGTERM only, as the examples of most frameworks do.

Looks right: these are the two signals that people send on purpose.

Breaks: shutdown.hangup

Shown by: a terminal that is closed while the server runs in it, which sends SIGHUP.

Instead: implementations/start.py, ``stop_signals``, names all signals that stop a server.
"""

from __future__ import annotations

import signal


BASE = "asyncio-mutex"


def without_hangup() -> tuple[signal.Signals, ...]:
    """Return the signals that stop the server in good order."""
    return signal.SIGINT, signal.SIGTERM


REPLACES = {"implementations.on_asyncio.server.stop_signals": without_hangup}
