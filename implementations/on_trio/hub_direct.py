"""The direct hub in the trio runtime: the room's owner writes to the sockets itself.

Mirrors on_threads/hub_direct.py and on_asyncio/hub_direct.py. It is the broadcaster
as fast as it can be: it carries out all the commands that wait, and then writes
once to every socket what all of them together have caused (group commit). No
task is woken for a client that takes what it is sent. Between two stretches of a
round it looks into the inbox again: what came meanwhile goes out from there on.

Invariants:
  1. The room is a local variable of `run`: nothing else can reach it.
  2. A full inbox holds the talkers back, as a full outbox does. A command has its
     place there until what it caused is written out to everyone, and there are no
     more places than an outbox has beyond its high-water mark: what is on its way to
     one that has just filled up finds room.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

import trio

from implementations.core.causes import Cause
from implementations.core.commands import Command, Who
from implementations.core.counted_room import Stats
from implementations.core.group_commit import GroupCommit
from implementations.core.message import Door
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_trio.inbox import Inbox
from implementations.on_trio.outbox_direct import DirectOutbox
from implementations.on_trio.pace import Pace


__all__ = ["DirectHub"]

# Of the loop, from bytes at a socket to a command in the inbox: one wakes the reader's task, and
# in the next one that task has run, whichever of the two came first.
TURNS_TO_READ = 2


class DirectHub:
    """A room that one task owns."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._inbox: Inbox[GroupCommit] = Inbox(settings.inbox, self._pace)
        self._stopped = False

    def outbox(self, sock: socket.socket, door: Door) -> DirectOutbox:
        """Make the outbox of a client that this hub may soon let in; it will write to ``sock``."""
        return DirectOutbox(sock, door, self._settings, self._pace)

    async def run(self) -> None:
        """Own the room until `stop`: carry out what is in the inbox, then write it all out."""
        room = GroupCommit(self._settings.max_clients)
        while room.underway or not self._stopped:
            commands = await self._take(room.underway)
            for command in commands:
                command(room)
            room.commit(room.stretch)
            self._inbox.carried_out(len(commands), room.underway)

    def stop(self) -> None:
        """Have `run` return, once it has carried out what is in the inbox by now."""
        self._inbox.put(self._end)

    async def join(self, client_id: ClientId, address: str, outbox: DirectOutbox) -> None:
        """Let a newcomer in; its welcome is the first thing in ``outbox``.

        Callable from any task. Waits for its turn under the flood rule and for
        the owner, never for a client. All that is announced after this step
        reaches the newcomer, and nothing from before it.

        Raises:
            RoomFull: there is no place.
            HubClosed: `close` has begun.
        """
        await self._inbox.ask_in_turn(lambda room: room.join(client_id, address, outbox))

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay, close its outbox and tell the others. Idempotent, also after `close`.

        Callable from any task. Waits for the owner only: nobody is kept from leaving.
        """
        await self._inbox.ask(lambda room: room.leave(client_id, cause))

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Have the owner do what a member asks; nothing for one that has left.

        Callable from any task. Waits for its turn under the flood rule: when it
        returns the command has its place in the one order, and may not have been
        carried out. One task's commands keep their order.
        """
        if isinstance(command, Who):
            # The one answer that outgrows its question by far: it must count against who
            # asked before the next question does.
            await self._inbox.ask_in_turn(lambda room: room.submit(client_id, command))
            return
        await self._inbox.put_in_turn(lambda room: room.submit(client_id, command))

    async def stats(self) -> Stats:
        """Return the counts, the owner's answer. Callable from any task, also after `close`."""
        return await self._inbox.ask(GroupCommit.stats)

    async def close(self) -> None:
        """Carry out what is in the inbox, announce the shutdown, close every outbox. Idempotent."""
        await self._inbox.ask(GroupCommit.close)

    def _end(self, _: GroupCommit) -> None:
        self._stopped = True

    async def _take(self, underway: int) -> list[Callable[[GroupCommit], None]]:
        """Return what waits, up to a full inbox; wait for a command where nothing is underway."""
        commands: list[Callable[[GroupCommit], None]] = []
        if underway:
            for _ in range(TURNS_TO_READ):
                await trio.lowlevel.checkpoint()
        else:
            commands.append(await self._inbox.take())
        return commands + self._inbox.take_waiting(self._settings.inbox - len(commands))
