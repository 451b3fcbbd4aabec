"""Many clients that talk, join and leave at the same time, so that races can happen.

Clients that share one event loop take turns, and clients that take turns hide a race. So the
notebook uses the conformance suite's own swarm: one thread per client, beside the notebook's loop.
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
    """Let all talkers talk at once while visitors join and leave; return their history.

    Args:
        talkers: clients that stay from the first line to the last.
        lines: per talker.
        renames: per talker.
        visitors: clients that join and leave meanwhile.
    """
    return await asyncio.to_thread(_crowd, room, talkers, lines, renames, visitors)


def orders(history: History) -> int:
    """Return how many different orders of events the clients heard.

    Only clients that stayed throughout are compared, and only the lines that all of them got:
    messages, arrivals and departures.
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
