"""Many who talk, come and go at once, so that a race has something to happen in.

Clients that share one loop take turns, and clients that take turns hide a race. So this is the
conformance suite's own swarm: a thread a client, beside the notebook's loop.
"""

from __future__ import annotations

import asyncio
from typing import Any

from conformance.checker import History
from conformance.contenders import FixedAddresses
from conformance.factories import Connect, Launch
from conformance.server import parse_address
from conformance.swarm import Swarm
from hubbub.notebook.rooms import Room


__all__ = ["crowd", "orders"]


async def crowd(
    room: Room, *, talkers: int = 4, lines: int = 60, renames: int = 0, visitors: int = 0
) -> History:
    """Have so many talk at once, each saying so many lines, while visitors come and go.

    Returns what all of them said and got.
    """
    return await asyncio.to_thread(_crowd, room, talkers, lines, renames, visitors)


def orders(history: History) -> int:
    """Return in how many different orders those who stayed throughout heard what happened.

    That is what was said, who came, and who went.
    """
    own = ("! ", "* you are ", "* online ")
    heard = [
        [line for line in session.received if not line.startswith(own)]
        for session in history.sessions
        if not session.gone
    ]
    by_all = set.intersection(*map(set, heard))
    return len({tuple(line for line in lines if line in by_all) for lines in heard})


def _crowd(room: Room, talkers: int, lines: int, renames: int, visitors: int) -> History:
    contender = FixedAddresses(tcp=parse_address(room.tcp), ws=parse_address(room.ws))
    connect: Any = Connect(Launch(contender, {}), "tcp")
    try:
        log = Swarm(connect, "tcp")(
            talkers=talkers, lines_each=lines, renames_each=renames, visitors=visitors
        )
        return log.history()
    finally:
        for client in connect.opened:
            client.abandon()
