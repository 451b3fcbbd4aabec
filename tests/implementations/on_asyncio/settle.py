"""``settle()`` waits until every task has done what it can do now; ``must_wait()`` asks a pace."""

from __future__ import annotations

import asyncio

from implementations.on_asyncio.pace import Pace


__all__ = ["must_wait", "settle"]

TURNS = 20  # of the loop; our tasks wake each other in chains of four at most


async def settle() -> None:
    """Give every task the turns that it needs to come to rest.

    How good it is: it is certain for tasks that wait for each other, because each turn of the
    loop wakes every task that can go on. It does not help with a socket or a clock.
    """
    for _ in range(TURNS):
        await asyncio.sleep(0)


def must_wait(pace: Pace) -> bool:
    """Whether a talker that came now would have to wait. No other task runs meanwhile."""
    talker = pace.admitted()
    try:
        talker.send(None)
    except StopIteration:
        return False
    talker.close()
    return True
