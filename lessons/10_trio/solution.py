"""Lesson 10, solved: one pump cancels the other; a `finally` cleans up in every case."""

from __future__ import annotations

import trio

from implementations.core.errors import PeerGone


LEAVE_S = 1.0


async def serve(client):
    """Serve one client until its tasks and its connection have ended."""
    try:
        async with trio.open_nursery() as pumps:
            pumps.start_soon(_ends_both, client.read, pumps.cancel_scope)
            pumps.start_soon(_ends_both, client.write, pumps.cancel_scope)
    except* PeerGone:
        pass  # a client that goes is no error
    finally:
        client.close()
        # Tell the others even when cancelled, but do not wait for a stuck room for ever.
        with trio.move_on_after(LEAVE_S, shield=True):
            await client.leave()


async def _ends_both(pump, both):
    await pump()
    both.cancel()
