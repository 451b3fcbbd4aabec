"""A hub of the trio runtime with n clients, for bench_hubs.py.

Mirrors scene_threads.py and scene_asyncio.py. The loop is frozen between the calls:
frozen.py says how, and why that does not change the result.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import trio
from trio.testing import wait_all_tasks_blocked

from benchmarks.micro.fakes import ADDRESS, DOOR, HEARD, SAY, TALKER, FakeSocket, all_took
from benchmarks.micro.frozen import Frozen, Job
from implementations.core.message import Message
from implementations.core.settings import Settings
from implementations.on_trio import BroadcasterHub, DirectHub, MutexHub
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.outbox_direct import DirectOutbox
from implementations.on_trio.pace import Pace


__all__ = ["Scene", "opened"]

SETTINGS = Settings()


class Scene(ABC):
    """See `fakes.Scene`."""

    def __init__(self, hub: MutexHub | BroadcasterHub | DirectHub, clients: int) -> None:
        self._hub = hub
        self._clients = clients
        self._handed: trio.Event | None = None  # what `_fan_out` waits for
        self._frozen = Frozen(_run, self._life)

    def fan_out(self) -> None:
        self._frozen.call(self._fan_out)

    @abstractmethod
    def clear(self) -> None: ...

    def close(self) -> None:
        self._frozen.close()

    async def _life(self, serve: Job) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._hub.run)
            await self._fill(nursery)
            await serve()
            await self._hub.close()
            self._hub.stop()

    @abstractmethod
    async def _fill(self, nursery: trio.Nursery) -> None: ...

    async def _fan_out(self) -> None:
        self._handed = trio.Event()
        await self._hub.submit(TALKER, SAY)
        if not self._handed.is_set():  # waiting for a set event would still be a checkpoint
            await self._handed.wait()

    def _told(self) -> None:
        if self._handed is not None:
            self._handed.set()


class OutboxScene(Scene):
    """A hub that fills outboxes; no write pump waits at them."""

    _hub: MutexHub | BroadcasterHub

    async def _fill(self, nursery: trio.Nursery) -> None:
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

    async def _fill(self, nursery: trio.Nursery) -> None:
        self._socks: list[FakeSocket] = []
        for client_id in range(1, self._clients + 1):
            sock = FakeSocket(self._told if client_id == self._clients else None)
            self._socks.append(sock)
            outbox = self._hub.outbox(sock.as_socket(), DOOR)
            await self._hub.join(client_id, ADDRESS.format(client_id), outbox)
            nursery.start_soon(_write_pump, outbox)
            await wait_all_tasks_blocked()  # the pump takes the welcome and waits
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
    trio.run(life)
