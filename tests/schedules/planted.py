"""Canaries: servers with a planted bug, which an explorer must find to be believed.

Most canaries are exhibits. The others are here: bugs that the gallery shows in one runtime, and
that the explorer of another runtime has to find too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import trio

from implementations.core.causes import Cause
from implementations.core.commands import Command, Rename
from implementations.core.message import encode
from implementations.core.room import ClientId, ToAll, name_key
from implementations.core.settings import Settings
from implementations.on_asyncio.hub_broadcaster import BroadcasterHub as AsyncioBroadcasterHub
from implementations.on_asyncio.hub_mutex import MutexHub as AsyncioMutexHub
from implementations.on_asyncio.outbox import Outbox as AsyncioOutbox
from implementations.on_asyncio.outbox_direct import DirectOutbox as AsyncioDirectOutbox
from implementations.on_asyncio.pace import Pace as AsyncioPace
from implementations.on_threads.hub_broadcaster import BroadcasterHub as ThreadsBroadcasterHub
from implementations.on_threads.hub_mutex import MutexHub as ThreadsMutexHub
from implementations.on_threads.inbox import Inbox as ThreadsInbox
from implementations.on_threads.outbox import Outbox as ThreadsOutbox
from implementations.on_threads.outbox_direct import DirectOutbox as ThreadsDirectOutbox
from implementations.on_trio.hub_mutex import MutexHub as TrioMutexHub
from implementations.on_trio.outbox import Outbox as TrioOutbox
from implementations.on_trio.outbox_direct import DirectOutbox as TrioDirectOutbox
from implementations.on_trio.pace import Pace as TrioPace
from schedules.explore import Run, first_failure
from schedules.memory_socket import MemoryRing


__all__ = ["WITHIN", "found"]

WITHIN = 120  # seeds, in which every canary must be found; the rarest fails in one of 25


def found(
    server_id: str, monkeypatch: pytest.MonkeyPatch, planted: dict[str, Any] | None = None
) -> Run:
    """Return the first run that fails; there must be one within some seeds.

    Args:
        planted: the object to put in each place, as in an exhibit's ``REPLACES``.
    """
    for target, stand_in in (planted or {}).items():
        monkeypatch.setattr(target, stand_in)
    run = first_failure(server_id, range(WITHIN))
    assert run is not None, f"the explorer did not find the bug of {server_id}"
    return run


class ForgetfulRing(MemoryRing):
    """Every runtime: a batched writer that takes every send for a complete one."""

    def send(self, fds: Sequence[int], data: bytes) -> list[int]:
        super().send(fds, data)
        return [len(data)] * len(fds)


class TaskPerMessage(AsyncioMutexHub):
    """asyncio: one task per message; the order of asyncio's own loop hides the bug."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, client_id: ClientId, command: Command) -> None:
        self._tasks.add(asyncio.create_task(super().submit(client_id, command)))


class UnguardedInbox(AsyncioBroadcasterHub):
    """asyncio: commands enter the inbox a little late, each through a callback of its own."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        put = self._inbox.put

        def put_late(command: Callable[..., None]) -> None:
            asyncio.get_running_loop().call_soon(put, command)

        self._inbox.put = put_late  # type: ignore[method-assign]


class TrioAwaitInFanout(TrioMutexHub):
    """trio: a checkpoint between two clients, with no lock around the loop."""

    async def submit(self, client_id: ClientId, command: Command) -> None:
        match self._fanout._room.submit(client_id, command):
            case [ToAll(line)]:
                for outbox in list(self._fanout._outboxes.values()):
                    outbox.offer(encode(line))
                    await trio.lowlevel.checkpoint()
            case deliveries:
                self._fanout._hand_out(deliveries)


class TrioCheckThenAct(TrioMutexHub):
    """trio: the hub asks whether a name is free before it holds the lock."""

    async def submit(self, client_id: ClientId, command: Command) -> None:
        holders = self._fanout._room._room._holders
        if isinstance(command, Rename) and (key := name_key(command.new)) not in holders:
            await trio.lowlevel.checkpoint()
            holders.pop(key, None)
        await super().submit(client_id, command)


class TrioUnspiltTooSoon(TrioDirectOutbox):
    """trio: an outbox counts as empty when its pump asks for more, before all is written."""

    async def take(self) -> bytes:
        self._spilt = False
        return await TrioOutbox.take(self)


class AsyncioUnspiltTooSoon(AsyncioDirectOutbox):
    """asyncio: the same."""

    async def take(self) -> bytes:
        self._spilt = False
        return await AsyncioOutbox.take(self)


class ThreadsUnspiltTooSoon(ThreadsDirectOutbox):
    """threads: the same."""

    def take(self) -> bytes:
        self._spilt = False
        return ThreadsOutbox.take(self)


class AsyncioForgetfulPace(AsyncioPace):
    """asyncio: when a holder lets go, none of the waiting talkers is woken."""

    def release(self, holder: object) -> None:
        self._holders.discard(holder)


class TrioForgetfulPace(TrioPace):
    """trio: the same."""

    def release(self, holder: object) -> None:
        self._holders.discard(holder)


class ThreadsUnguardedLeave(ThreadsMutexHub):
    """threads: a client leaves without the lock."""

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        self._fanout.leave(client_id, cause)


class LostWakeUp(ThreadsOutbox):
    """threads: the write pump looks for messages, and only then says that it waits."""

    def take(self) -> bytes:
        while not self._backlog.size_bytes:
            if self.cause is not None:
                return b""
            self._wanted = True
            self._more.acquire()
            self._relay.woken()
        with self._lock:
            return self._backlog.take()


class UncountingInbox(ThreadsInbox[Any]):
    """See `UncountedInbox`."""

    def put(self, command: Callable[..., None]) -> None:
        self._commands.put(command)
        waiting = self._waiting
        self._waiting = waiting + 1
        if self._full():
            self._pace.hold(self)

    def carried_out(self, commands: int, underway: int = 0) -> None:
        for answer in self._answers:
            answer()
        self._answers.clear()
        waiting = self._waiting
        self._waiting = waiting - commands
        if not self._full():
            self._pace.release(self)


class UncountedInbox(ThreadsBroadcasterHub):
    """threads: two threads count what waits in the inbox without a lock, and one count is lost."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._inbox = UncountingInbox(settings.inbox, self._pace)
