"""What a connection and the server need of a hub, in the trio runtime.

Mirrors on_threads/hub.py and on_asyncio/hub.py. All three hubs have these
methods. The file of each hub says how it carries them out, and what a call can wait for.
"""

from __future__ import annotations

import socket
from typing import Any, Protocol

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.counted_room import Stats
from implementations.core.message import Door
from implementations.core.room import ClientId
from implementations.on_trio.outbox import Outbox


__all__ = ["Hub"]


class Hub(Protocol):
    """A room that many connections share."""

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client that `join` may let in."""

    async def run(self) -> None:
        """Own the room until `stop`. A hub without an owner returns at once."""

    def stop(self) -> None:
        """Make `run` return."""

    async def join(self, client_id: ClientId, address: str, outbox: Any) -> None:
        """Let a newcomer in. Its welcome is the first thing in ``outbox``.

        Args:
            outbox: one that this hub's `outbox` made. Each hub takes its own kind only.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: `close` has begun.
        """

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a member's stay, close its outbox and tell the others. Idempotent."""

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks. Do nothing for a client that has left."""

    async def stats(self) -> Stats:
        """Return the counts."""

    async def close(self) -> None:
        """Announce the shutdown and close every outbox. Idempotent."""
