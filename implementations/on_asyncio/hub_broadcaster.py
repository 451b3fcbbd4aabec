"""The broadcaster hub in the asyncio runtime: one task owns the room, all others send it commands.

Mirrors on_threads/hub_broadcaster.py and on_trio/hub_broadcaster.py. It is Go's
``select`` over entering, leaving and messages, with one inbox in the place of the
three channels, so that one task's commands keep their order among themselves.

Invariants:
  1. The room is a local variable of `_run`: nothing else can reach it.
  2. The inbox has place for one command of a talker, as an unbuffered channel has:
     while it is taken it holds the talkers back, as a full outbox does. So nothing
     is on its way to an outbox that has just filled up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.errors import HubbubError
from implementations.core.fanout import Fanout, Stats
from implementations.core.room import ClientId
from implementations.core.settings import Settings
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.pace import Pace


__all__ = ["BroadcasterHub"]

T = TypeVar("T")


class BroadcasterHub:
    """A room that one task owns."""

    def __init__(self, settings: Settings, pace: Pace) -> None:
        self._max_clients = settings.max_clients
        self._pace = pace
        # Unbounded for asyncio: ``_put`` and the pace see to the one place that it has.
        self._inbox: asyncio.Queue[Callable[[Fanout], None]] = asyncio.Queue()

    def start(self, tasks: asyncio.TaskGroup) -> asyncio.Task[None] | None:
        """Start the hub's owner in ``tasks`` and return it: it ends by being cancelled."""
        return tasks.create_task(self._run(), name="broadcaster")

    async def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in; its welcome is the first thing in ``outbox``.

        Callable from any task. Waits for its turn under the flood rule and for
        the owner, never for a client. All that is announced after this step
        reaches the newcomer, and nothing from before it.

        Raises:
            RoomFull: there is no place.
            HubClosed: `close` has begun.
        """
        await self._ask(lambda fanout: fanout.join(client_id, address, outbox))

    async def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay, close its outbox and tell the others. Idempotent, also after `close`.

        Callable from any task. Waits like `join`.
        """
        await self._ask(lambda fanout: fanout.leave(client_id, cause))

    async def submit(self, client_id: ClientId, command: Command) -> None:
        """Have the owner do what a member asks; nothing for one that has left.

        Callable from any task. Waits for its turn under the flood rule only:
        when it returns the command has its place in the one order, and may not
        have been carried out. One task's commands keep their order.
        """
        await self._pace.admitted()
        self._put(lambda fanout: fanout.submit(client_id, command))

    async def stats(self) -> Stats:
        """Return the counts, the owner's answer. Callable from any task, also after `close`."""
        return await self._answer_to(Fanout.stats)

    async def close(self) -> None:
        """Carry out what is in the inbox, announce the shutdown, close every outbox. Idempotent."""
        await self._answer_to(Fanout.close)

    async def _run(self) -> None:
        fanout = Fanout(self._max_clients)
        while True:
            command = await self._inbox.get()
            self._pace.release(self)
            command(fanout)

    def _put(self, command: Callable[[Fanout], None]) -> None:
        self._inbox.put_nowait(command)
        self._pace.hold(self)

    async def _ask(self, question: Callable[[Fanout], T]) -> T:
        await self._pace.admitted()
        return await self._answer_to(question)

    async def _answer_to(self, question: Callable[[Fanout], T]) -> T:
        """Have the owner call ``question`` and bring its result, or its exception, back."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def command(fanout: Fanout) -> None:
            try:
                result = question(fanout)
            except HubbubError as error:
                if not answer.cancelled():  # the asker may have been cancelled meanwhile
                    answer.set_exception(error)
            else:
                if not answer.cancelled():
                    answer.set_result(result)

        self._put(command)
        return await answer
