"""Let an outbox grow without end.

What a client does not read is kept for it, all of it. Nobody waits and nobody is cut off, until
the memory is gone and everyone is.

Imitates: a queue a client with no size given: ``asyncio.Queue()``, ``queue.Queue()``.

Looks right: nothing is ever lost, and it passes every test that has only readers.

Breaks: slow.bounded, slow.cut-off

May break: slow.*

Shown by: one client that stops reading while others talk.

Instead: implementations/core/backlog.py, bounded in messages and in bytes.
"""

from __future__ import annotations

from implementations.core.backlog import Backlog


BASE = "asyncio-mutex"


class EndlessBacklog(Backlog):
    """A backlog that is never full and never behind."""

    __slots__ = ()

    def offer(self, data: bytes, exempt: bool = False) -> bool:
        """Take ``data`` in."""
        super().offer(data, exempt=True)
        self.behind = False
        return True


REPLACES = {"implementations.on_asyncio.outbox.Backlog": EndlessBacklog}
