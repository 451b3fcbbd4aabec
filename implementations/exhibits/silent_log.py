"""Log errors only.

An arrival is no error and a departure is no error, so the server logs neither. When a user asks a
week later why they were cut off, there is no answer.

Imitates: a cure for a Go WebSocket hub with a mutex (docs/provenance.md#text-1), which logs
ordinary goodbyes as errors. Now it logs no goodbye at all.

Looks right: the log is short, and every line in it is important.

Breaks: logging.arrivals

Shown by: any client that joins and leaves.

Instead: implementations/on_asyncio/connection.py logs each arrival, and each departure with its
cause.
"""

from __future__ import annotations

import logging


BASE = "asyncio-mutex"


def emit_errors(handler: logging.Handler, record: logging.LogRecord) -> None:
    """Write a line only when it reports an error."""
    if record.levelno >= logging.ERROR:
        handler._lines.put_nowait(handler.format(record))  # type: ignore[attr-defined]


REPLACES = {"implementations.logs._DroppingHandler.emit": emit_errors}
