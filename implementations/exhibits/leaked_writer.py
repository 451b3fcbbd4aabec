"""Forget to end the writer.

Who leaves is taken off the list, and its outbox is never closed. The task that writes for it
waits for ever for something to write, and with it the socket stays open and the place is taken.

Imitates: the chat room with an online map (S4-05): a writer ranges over a channel that nobody
closes.

Looks right: nothing is sent to the client any more, and the others are told that it has left.

Breaks: membership.half-close, commands.quit

May break: start.ready, framing.too-long-close, framing.bounded, framing.not-utf8-close,
framing.binary-close, membership.left-once, membership.no-ghost, membership.churn, order.total,
order.membership, websocket.close, websocket.unmasked, websocket.origin, websocket.allow-origin,
limits.freed, logging.calm, logging.unread

Shown by: anyone who leaves.

Instead: implementations/core/fanout.py: a goodbye takes the outbox off the list and closes it.
"""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.on_asyncio.outbox import Outbox


BASE = "asyncio-mutex"


class Unclosed(Outbox):
    """An outbox that nothing ends for who went of its own accord."""

    def close(self, cause: Cause) -> None:
        """Close it only where the room itself ends the stay."""
        if cause not in (Cause.LEFT, Cause.QUIT):
            super().close(cause)


REPLACES = {"implementations.on_asyncio.hub_mutex.Outbox": Unclosed}
