"""The direct hub in the asyncio runtime: the room's owner writes to the sockets itself.

Mirrors on_threads/hub_direct.py and on_trio/hub_direct.py. It is the broadcaster, made as
fast as possible. The owner carries out all commands that wait, and then writes everything
that they caused to each socket in one call (group commit). A client that takes everything at
once costs no switch to another task. After each stretch of clients the owner looks into the
inbox again: new messages go out from the next client on.

Invariants:
  1. The room is a local variable of `run`: nothing else can reach it.
  2. A full inbox holds the talkers back, as an outbox at its high-water mark does: see
     inbox.py. Here a command keeps its place until everything that it caused is written out
     to everyone.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial

from implementations.core.causes import Cause
from implementations.core.commands import Command, Who
from implementations.core.counted_room import Stats
from implementations.core.group_commit import GroupCommit
from implementations.core.group_writer import one_by_one
from implementations.core.message import Door
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_asyncio.inbox import Inbox
from implementations.on_asyncio.outbox_direct import DirectOutbox, push_many
from implementations.on_asyncio.pace import Pace
from implementations.uring import ring_for


__all__ = ["DirectHub"]

# How many turns of the loop it takes from bytes at a socket to a command in the inbox: in the
# first the loop finds the socket ready, in the second it wakes the reader's task, and in the
# third that task runs before the owner does.
TURNS_TO_READ = 3


class DirectHub:
    """A room that one task owns."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._inbox: Inbox[GroupCommit] = Inbox(settings.inbox, self._pace)
        self._stopped = False

    def outbox(self, sock: socket.socket, door: Door) -> DirectOutbox:
        """Make the outbox of a client that `join` may let in. This kind writes to ``sock``."""
        return DirectOutbox(sock, door, self._settings, self._pace)

    async def run(self) -> None:
        """Own the room until `stop`: carry out what is in the inbox, then write to everyone."""
        with ring_for(self._settings) as ring:
            push = partial(push_many, ring) if ring is not None else one_by_one
            room = GroupCommit(self._settings.max_clients, push)
            while room.underway or not self._stopped:
                commands = await self._take(room.underway)
                for command in commands:
                    command(room)
                room.commit(room.stretch)
                self._inbox.carried_out(len(commands), room.underway)

    def stop(self) -> None:
        """Make `run` return after the commands that are in the inbox now."""
        self._inbox.put(self._end)

    async def join(self, client_id: ClientId, address: str, outbox: DirectOutbox) -> None:
        """Let a newcomer in. Its welcome is the first thing in ``outbox``.

        Callable from any task. Waits for its turn under the flood rule and for the owner,
        never for a client. The newcomer gets everything that is said after this step, and
        nothing that was said before it.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: `close` has begun.
        """
        await self._inbox.ask_in_turn(lambda room: room.join(client_id, address, outbox))

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a member's stay, close its outbox, tell the others. Idempotent, also after `close`.

        Callable from any task. Waits for the owner only: a departure needs no turn.
        """
        await self._inbox.ask(lambda room: room.leave(client_id, cause))

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Have the owner do what a member asks. Do nothing for a client that has left.

        Callable from any task. Waits for its turn under the flood rule. When it returns, the
        command has its place in the room's order, but may not be carried out yet. The commands
        of one task keep their order.
        """
        if isinstance(command, Who):
            # The roster is much longer than the question. So wait until it is in the client's
            # outbox, which counts it, before the client can ask again.
            await self._inbox.ask_in_turn(lambda room: room.submit(client_id, command))
            return
        await self._inbox.put_in_turn(lambda room: room.submit(client_id, command))

    async def stats(self) -> Stats:
        """Return the counts; waits for the owner. Callable from any task, after `close` too."""
        return await self._inbox.ask(GroupCommit.stats)

    async def close(self) -> None:
        """Announce the shutdown and close every outbox. Idempotent; waits for the owner.

        The commands that are in the inbox already are carried out before that.
        """
        await self._inbox.ask(GroupCommit.close)

    def _end(self, _: GroupCommit) -> None:
        self._stopped = True

    async def _take(self, underway: int) -> list[Callable[[GroupCommit], None]]:
        """Return the commands that wait, at most a full inbox of them.

        If nothing is underway, wait for the first one.
        """
        commands: list[Callable[[GroupCommit], None]] = []
        if underway:
            for _ in range(TURNS_TO_READ):  # let the readers bring what has come
                await asyncio.sleep(0)
        else:
            commands.append(await self._inbox.take())
        return commands + self._inbox.take_waiting(self._settings.inbox - len(commands))
