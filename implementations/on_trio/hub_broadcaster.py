"""The broadcaster hub in the trio runtime: one task owns the room, all others command it.

Mirrors on_threads/hub_broadcaster.py and on_asyncio/hub_broadcaster.py. It is Go's
``select`` over entering, leaving and messages, with one inbox in the place of the
three channels, so that one task's commands keep their order among themselves.

Invariants:
  1. The room is a local variable of `run`: nothing else can reach it.
  2. A full inbox holds the talkers back, as a full outbox does. A command has its
     place there until it is carried out, and there are no more places than an outbox
     has beyond its high-water mark: what is on its way to one that has just filled
     up finds room.
"""

from __future__ import annotations

import math
import socket
from collections.abc import Callable
from typing import TypeVar

import trio

from implementations.core.causes import Cause
from implementations.core.commands import Command, Who
from implementations.core.counted_room import Stats
from implementations.core.errors import HubbubError
from implementations.core.fanout import Fanout
from implementations.core.message import Door
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_trio.answer import Answer
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.pace import Pace


__all__ = ["BroadcasterHub"]

T = TypeVar("T")


class BroadcasterHub:
    """A room that one task owns."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._gate = trio.Lock()  # makes "is there a place?" and taking it one step
        # Unbounded for trio: the gate sees to it that talkers find it full in time. Who
        # leaves, asks for the counts or closes passes by the gate, and is never many.
        self._inbox, self._commands = trio.open_memory_channel[Callable[[Fanout], None]](math.inf)
        self._waiting = 0  # commands that were put in and are not carried out
        self._stopped = False

    def outbox(self, sock: socket.socket, door: Door) -> Outbox:
        """Make the outbox of a client that this hub may soon let in; it never touches ``sock``."""
        return Outbox(door, self._settings, self._pace)

    async def run(self) -> None:
        """Own the room until `stop`: carry out what comes into the inbox, one after the other."""
        fanout = Fanout(self._settings.max_clients)
        while not self._stopped:
            command = await self._take()
            command(fanout)
            self._carried_out(1)

    def stop(self) -> None:
        """Have `run` return, once it has carried out what is in the inbox by now."""
        self._put(self._end)

    async def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in; its welcome is the first thing in ``outbox``.

        Callable from any task. Waits for its turn under the flood rule and for
        the owner, never for a client. All that is announced after this step
        reaches the newcomer, and nothing from before it.

        Raises:
            RoomFull: there is no place.
            HubClosed: `close` has begun.
        """
        await self._ask_in_turn(lambda fanout: fanout.join(client_id, address, outbox))

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay, close its outbox and tell the others. Idempotent, also after `close`.

        Callable from any task. Waits for the owner only: nobody is kept from leaving.
        """
        await self._ask(lambda fanout: fanout.leave(client_id, cause))

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Have the owner do what a member asks; nothing for one that has left.

        Callable from any task. Waits for its turn under the flood rule: when it
        returns the command has its place in the one order, and may not have been
        carried out. One task's commands keep their order.
        """
        if isinstance(command, Who):
            # The one answer that outgrows its question by far: it must count against who
            # asked before the next question does.
            await self._ask_in_turn(lambda fanout: fanout.submit(client_id, command))
            return
        async with self._pace.turn(self._gate):
            self._put(lambda fanout: fanout.submit(client_id, command))

    async def stats(self) -> Stats:
        """Return the counts, the owner's answer. Callable from any task, also after `close`."""
        return await self._ask(Fanout.stats)

    async def close(self) -> None:
        """Carry out what is in the inbox, announce the shutdown, close every outbox. Idempotent."""
        await self._ask(Fanout.close)

    def _end(self, _: Fanout) -> None:
        self._stopped = True

    async def _take(self) -> Callable[[Fanout], None]:
        try:
            return self._commands.receive_nowait()  # no checkpoint: see `pace.Pace.turn`
        except trio.WouldBlock:
            return await self._commands.receive()

    def _put(self, command: Callable[[Fanout], None]) -> None:
        self._inbox.send_nowait(command)
        self._waiting += 1
        if self._waiting >= self._settings.inbox:
            self._pace.hold(self)

    def _carried_out(self, commands: int) -> None:
        self._waiting -= commands
        if self._waiting < self._settings.inbox:
            self._pace.release(self)

    async def _ask_in_turn(self, question: Callable[[Fanout], None]) -> None:
        command, answer = _question(question)
        async with self._pace.turn(self._gate):
            self._put(command)
        await answer.wait()

    async def _ask(self, question: Callable[[Fanout], T]) -> T:
        command, answer = _question(question)
        self._put(command)
        return await answer.wait()


def _question(
    question: Callable[[Fanout], T],
) -> tuple[Callable[[Fanout], None], Answer[T]]:
    """Return a command for the owner, and what brings its result, or its exception, back."""
    answer: Answer[T] = Answer()

    def command(fanout: Fanout) -> None:
        try:
            result = question(fanout)
        except HubbubError as error:
            answer.set_exception(error)
        else:
            answer.set_result(result)

    return command, answer
