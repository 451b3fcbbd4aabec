"""Never end the writer of a client that has left.

The server takes a departed client off the list and never closes its outbox. The task that writes
to the client waits for ever for the next message, so the task and the socket are never freed.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), whose writers wait on
channels that nobody closes.

Looks right: the server sends nothing more to the client, and the others are told that it has left.

Breaks: membership.half-close, commands.quit

May break: start.ready, framing.too-long-close, framing.bounded, framing.not-utf8-close,
framing.binary-close, membership.left-once, membership.no-ghost, membership.churn, order.total,
order.membership, websocket.close, websocket.unmasked, websocket.origin, websocket.allow-origin,
limits.freed, logging.calm, logging.unread, delivery.exactly-once

Shown by: any client that leaves.

Instead: implementations/core/fanout.py takes the outbox off the list and closes it in one step.
"""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.on_asyncio.outbox import Outbox


BASE = "asyncio-mutex"


class Unclosed(Outbox):
    """An outbox that stays open when its client leaves by itself."""

    def close(self, cause: Cause) -> None:
        """Close it only when the server ends the stay."""
        if cause not in (Cause.LEFT, Cause.QUIT):
            super().close(cause)


REPLACES = {"implementations.on_asyncio.hub_mutex.Outbox": Unclosed}
