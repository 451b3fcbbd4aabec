"""Log errors only.

Who came, who went and why is not an error, so it is not logged. When someone asks next week why
they were cut off, there is no answer.

Imitates: ``error: websocket: close 1000`` (S0-11), cured by logging nothing at all.

Looks right: a quiet log is a good log.

Breaks: logging.arrivals

Shown by: anyone who comes and goes.

Instead: implementations/on_asyncio/connection.py logs each arrival, and each departure with its
cause.
"""

from __future__ import annotations

import logging


BASE = "asyncio-mutex"


def emit_errors(handler: logging.Handler, record: logging.LogRecord) -> None:
    """Write a line if it is an error's."""
    if record.levelno >= logging.ERROR:
        handler._lines.put_nowait(handler.format(record))  # type: ignore[attr-defined]


REPLACES = {"implementations.logs._DroppingHandler.emit": emit_errors}
