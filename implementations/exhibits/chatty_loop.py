"""Write the log in the thread that serves the room.

The server writes each log line to standard error itself, at the moment when there is something to
log. When standard error is a pipe that nobody reads, that write blocks, and with it the one thread
that serves everybody.

Imitates: a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which logs inside its loop,
in two places while it holds the lock.

Looks right: logging is only printing.

Breaks: logging.unread

Shown by: a standard error that nobody reads, while clients join and leave.

Instead: implementations/logs.py puts log lines into a bounded queue, and a thread of its own
writes them.
"""

from __future__ import annotations

import logging
import sys


BASE = "asyncio-mutex"


def emit(handler: logging.Handler, record: logging.LogRecord) -> None:
    """Write a line to standard error, however long that takes."""
    print(handler.format(record), file=sys.stderr, flush=True)


REPLACES = {"implementations.logs._DroppingHandler.emit": emit}
