"""The broadcaster hub in the trio runtime: one task owns the room, all others send it commands.

Mirrors on_threads/hub_broadcaster.py and on_asyncio/hub_broadcaster.py. In Go, one goroutine
would ``select`` over three channels: for entering, for leaving and for messages. Here one
inbox takes the place of the three channels, so that the commands of one task keep their
order.

Invariants:
  1. The room is a local variable of `run`: nothing else can reach it.
  2. A full inbox holds the talkers back, as an outbox at its high-water mark does: see inbox.py.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from implementations.core.causes import Cause
from implementations.core.commands import Command, Who
from implementations.core.counted_room import Stats
from implementations.core.fanout import Fanout
from implementations.core.message import Door
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_trio.inbox import Inbox
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.pace import Pace


__all__ = ["BroadcasterHub"]


class BroadcasterHub:
    """A room that one task owns."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._inbox: Inbox[Fanout] = Inbox(settings.inbox, self._pace)
        self._stopped = False

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client that `join` may let in. This kind never uses ``sock``."""
        return Outbox(door, self._settings, self._pace)

    async def run(self) -> None:
        """Own the room until `stop`: carry out the commands of the inbox one after the other."""
        fanout = Fanout(self._settings.max_clients)
        while not self._stopped:
            command = await self._take()
            command(fanout)
            self._inbox.carried_out(1)

    def stop(self) -> None:
        """Make `run` return after the commands that are in the inbox now."""
        self._inbox.put(self._end)

    async def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in. Its welcome is the first thing in ``outbox``.

        Callable from any task. Waits for its turn under the flood rule and for the owner,
        never for a client. The newcomer gets everything that is said after this step, and
        nothing that was said before it.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: `close` has begun.
        """
        await self._inbox.ask_in_turn(lambda fanout: fanout.join(client_id, address, outbox))

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a member's stay, close its outbox, tell the others. Idempotent, also after `close`.

        Callable from any task. Waits for the owner only: a departure needs no turn.
        """
        await self._inbox.ask(lambda fanout: fanout.leave(client_id, cause))

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Have the owner do what a member asks. Do nothing for a client that has left.

        Callable from any task. Waits for its turn under the flood rule. When it returns, the
        command has its place in the room's order, but may not be carried out yet. The commands
        of one task keep their order.
        """
        if isinstance(command, Who):
            # The roster is much longer than the question. So wait until it is in the client's
            # outbox, which counts it, before the client can ask again.
            await self._inbox.ask_in_turn(lambda fanout: fanout.submit(client_id, command))
            return
        await self._inbox.put_in_turn(lambda fanout: fanout.submit(client_id, command))

    async def stats(self) -> Stats:
        """Return the counts; waits for the owner. Callable from any task, after `close` too."""
        return await self._inbox.ask(Fanout.stats)

    async def close(self) -> None:
        """Announce the shutdown and close every outbox. Idempotent; waits for the owner.

        The commands that are in the inbox already are carried out before that.
        """
        await self._inbox.ask(Fanout.close)

    def _end(self, _: Fanout) -> None:
        self._stopped = True

    async def _take(self) -> Callable[[Fanout], None]:
        waiting = self._inbox.take_waiting(1)  # no checkpoint: see `pace.Pace.turn`
        return waiting[0] if waiting else await self._inbox.take()
