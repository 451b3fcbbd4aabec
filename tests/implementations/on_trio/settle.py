"""Whether a talker must wait at a pace.

The tests of the other runtimes have a ``settle()``. Trio has one of its own, and it is
certain: `trio.testing.wait_all_tasks_blocked` returns when no other task can go on.
"""

from __future__ import annotations

import trio

from implementations.on_trio.pace import Pace


__all__ = ["must_wait"]


async def must_wait(pace: Pace) -> bool:
    """Whether a talker that came now would have to wait. Other tasks may run if it would."""
    with trio.CancelScope() as talking:
        talking.cancel()  # so that the first wait ends the talk, and nothing before it
        await pace.admitted()
    return talking.cancelled_caught
