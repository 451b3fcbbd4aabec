"""Who must wait at a pace.

What the other runtimes' tests call ``settle()`` trio brings along, and it is sure:
`trio.testing.wait_all_tasks_blocked` returns when no other task can go on.
"""

from __future__ import annotations

import trio

from implementations.on_trio.pace import Pace


__all__ = ["must_wait"]


async def must_wait(pace: Pace) -> bool:
    """Whether a talker that came now would have to wait. Others may run if it would."""
    with trio.CancelScope() as talking:
        talking.cancel()  # so that the first wait, and nothing before it, ends the talk
        await pace.admitted()
    return talking.cancelled_caught
