"""A hub of the asyncio runtime with n clients, for bench_hubs.py.

Mirrors scene_threads.py and scene_trio.py. The loop is frozen between the calls:
frozen.py says how, and why that does not change the result.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.micro.fakes import ADDRESS, DOOR, HEARD, SAY, TALKER, FakeSocket, all_took
from benchmarks.micro.frozen import Frozen, Job
from implementations.core.message import Message
from implementations.core.settings import Settings
from implementations.on_asyncio import BroadcasterHub, DirectHub, MutexHub
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.outbox_direct import DirectOutbox
from implementations.on_asyncio.pace import Pace


__all__ = ["Scene", "opened"]

SETTINGS = Settings()


class Scene(ABC):
    """See `fakes.Scene`."""

    def __init__(self, hub: MutexHub | BroadcasterHub | DirectHub, clients: int) -> None:
        self._hub = hub
        self._clients = clients
        self._handed: asyncio.Future[None] | None = None  # what `_fan_out` waits for
        self._frozen = Frozen(_run, self._life)

    def fan_out(self) -> None:
        self._frozen.call(self._fan_out)

    @abstractmethod
    def clear(self) -> None: ...

    def close(self) -> None:
        self._frozen.close()

    async def _life(self, serve: Job) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hub.run())
            await self._fill(tasks)
            await serve()
            await self._hub.close()
            self._hub.stop()

    @abstractmethod
    async def _fill(self, tasks: asyncio.TaskGroup) -> None: ...

    async def _fan_out(self) -> None:
        self._handed = asyncio.get_running_loop().create_future()
        await self._hub.submit(TALKER, SAY)
        await self._handed  # returns at once if it is done already

    def _told(self) -> None:
        if self._handed is not None and not self._handed.done():
            self._handed.set_result(None)


class OutboxScene(Scene):
    """A hub that fills outboxes; no write pump waits at them."""

    _hub: MutexHub | BroadcasterHub

    async def _fill(self, tasks: asyncio.TaskGroup) -> None:
        self._outboxes: list[Outbox] = []
        for client_id in range(1, self._clients + 1):
            if client_id < self._clients:
                outbox = self._hub.outbox(FakeSocket().as_socket(), DOOR)
            else:
                outbox = _LastOutbox(self._told)
            self._outboxes.append(outbox)
            await self._hub.join(client_id, ADDRESS.format(client_id), outbox)
            if client_id % SETTINGS.inbox == 0 or client_id == self._clients:
                for each in self._outboxes:  # full outboxes would hold the next newcomer back
                    await each.take()

    def clear(self) -> None:
        self._frozen.call(self._clear)

    async def _clear(self) -> None:
        for outbox in self._outboxes:
            assert await outbox.take() == HEARD


class DirectScene(Scene):
    """A hub that writes to sockets that take everything, so the write pumps wait."""

    _hub: DirectHub

    async def _fill(self, tasks: asyncio.TaskGroup) -> None:
        self._socks: list[FakeSocket] = []
        for client_id in range(1, self._clients + 1):
            sock = FakeSocket(self._told if client_id == self._clients else None)
            self._socks.append(sock)
            outbox = self._hub.outbox(sock.as_socket(), DOOR)
            await self._hub.join(client_id, ADDRESS.format(client_id), outbox)
            tasks.create_task(_write_pump(outbox))
            await asyncio.sleep(0)  # the pump takes the welcome and waits
        for sock in self._socks:
            sock.taken.clear()

    def clear(self) -> None:
        all_took(self._socks)


class _LastOutbox(Outbox):
    """The last outbox of a fan-out; it reports when it gets the message."""

    def __init__(self, told: Callable[[], None]) -> None:
        super().__init__(DOOR, SETTINGS, Pace())  # never so full that its pace matters
        self._told = told

    def offer(self, message: Message, exempt: bool = False) -> bool:
        taken = super().offer(message, exempt)
        self._told()
        return taken


@contextmanager
def opened(hub: str, clients: int) -> Iterator[Scene]:
    """Run a ``mutex``, ``broadcaster`` or ``direct`` hub with that many clients."""
    match hub:
        case "mutex":
            scene: Scene = OutboxScene(MutexHub(SETTINGS), clients)
        case "broadcaster":
            scene = OutboxScene(BroadcasterHub(SETTINGS), clients)
        case _:
            scene = DirectScene(DirectHub(SETTINGS), clients)
    try:
        yield scene
    finally:
        scene.close()


async def _write_pump(outbox: DirectOutbox) -> None:
    while await outbox.take():
        pass


def _run(life: Job) -> None:
    async def main() -> None:
        await life()

    asyncio.run(main())
