"""Let an outbox grow without limit.

The server keeps everything that a client does not read. Nobody waits and nobody is cut off, until
the memory is used up and the whole server ends.

Imitates: one queue per client, with no size given: ``asyncio.Queue()``, ``queue.Queue()``.

Looks right: nothing is ever lost, and it passes every test in which all clients read.

Breaks: slow.bounded, slow.cut-off

May break: slow.*

Shown by: one client that stops reading while others talk.

Instead: implementations/core/backlog.py is bounded, in messages and in bytes.
"""

from __future__ import annotations

from implementations.core.backlog import Backlog


BASE = "asyncio-mutex"


class EndlessBacklog(Backlog):
    """A backlog that is never full and never behind."""

    __slots__ = ()

    def offer(self, data: bytes, exempt: bool = False) -> bool:
        """Queue ``data``, however much is queued already."""
        super().offer(data, exempt=True)
        self.behind = False
        return True


REPLACES = {"implementations.on_asyncio.outbox.Backlog": EndlessBacklog}
