"""Write the log where the room is served.

Each log line is written to standard error by whoever has something to log. When that is a pipe
and nobody reads it, the write waits, and with it the one thread that serves everybody.

Imitates: the hub that logs from inside its loop, twice with the lock held (S0-12).

Looks right: logging is only printing.

Breaks: logging.unread

Shown by: a standard error that nobody reads, and some coming and going.

Instead: implementations/logs.py: a bounded queue, and a thread that writes.
"""

from __future__ import annotations

import logging
import sys


BASE = "asyncio-mutex"


def emit(handler: logging.Handler, record: logging.LogRecord) -> None:
    """Write a line to standard error, however long that takes."""
    print(handler.format(record), file=sys.stderr, flush=True)


REPLACES = {"implementations.logs._DroppingHandler.emit": emit}
