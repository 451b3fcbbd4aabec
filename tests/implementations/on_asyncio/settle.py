"""``settle()``: wait until every task has done what it can do now; and who must wait at a pace."""

from __future__ import annotations

import asyncio

from implementations.on_asyncio.pace import Pace


__all__ = ["must_wait", "settle"]

TURNS = 20  # of the loop; the longest chain of wake-ups between our tasks is four


async def settle() -> None:
    """Give every task the turns it needs to come to rest.

    How good it is: sure for tasks that wait for one another, since each turn of
    the loop wakes all who can go on; no use for what waits for a socket or a clock.
    """
    for _ in range(TURNS):
        await asyncio.sleep(0)


def must_wait(pace: Pace) -> bool:
    """Whether a talker that came now would have to wait. Lets nobody else run."""
    talker = pace.admitted()
    try:
        talker.send(None)
    except StopIteration:
        return False
    talker.close()
    return True
