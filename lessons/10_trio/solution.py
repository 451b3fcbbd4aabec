"""Lesson 10, solved: the nursery ends both, and who opened it cleans up, in any case."""

from __future__ import annotations

import trio

from implementations.core.errors import PeerGone


LEAVE_S = 1.0


async def serve(client):
    """Serve one client until nothing of it is left."""
    try:
        async with trio.open_nursery() as pumps:
            pumps.start_soon(_ends_both, client.read, pumps.cancel_scope)
            pumps.start_soon(_ends_both, client.write, pumps.cancel_scope)
    except* PeerGone:
        pass  # it needs no error to say that somebody went
    finally:
        client.close()
        # Cancelled or not, the others are told; but nobody waits for a stuck room for ever.
        with trio.move_on_after(LEAVE_S, shield=True):
            await client.leave()


async def _ends_both(pump, both):
    await pump()
    both.cancel()
