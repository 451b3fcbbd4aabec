"""Try again at once when accept fails.

When the process has no file descriptor left, ``accept`` fails. The connection that it could not
take still waits, so the door is still ready, and the server tries again at once, and again. One
core is busy, and the log fills the disk.

Imitates: a Go broadcaster (docs/provenance.md#text-3) and a Go chat room with an online map
(docs/provenance.md#text-5): about a million lines of log in two seconds.

Looks right: an error in accept must not end the server, so the loop continues.

Breaks: limits.descriptors

Shown by: more connections than there are file descriptors.

Instead: implementations/on_asyncio/server.py waits before it tries again.
"""

from __future__ import annotations


BASE = "asyncio-mutex"

REPLACES = {"implementations.on_asyncio.server.ACCEPT_RETRY_S": 0.0}
