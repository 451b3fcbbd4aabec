"""Try again at once when accept fails.

Out of file descriptors, ``accept`` fails, and the connection that it could not take keeps the
door ready. So it is tried again at once, and again: a core is busy, the log fills the disk.

Imitates: the broadcaster and the chat room with an online map (S2-08, S4-19): about a million
lines of log in two seconds.

Looks right: an error at accept must not end the server, so it goes on.

Breaks: limits.descriptors

Shown by: more connections than there are descriptors.

Instead: implementations/on_asyncio/server.py waits before it looks again.
"""

from __future__ import annotations


BASE = "asyncio-mutex"

REPLACES = {"implementations.on_asyncio.server.ACCEPT_RETRY_S": 0.0}
