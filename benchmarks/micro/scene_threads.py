"""A hub of the threads runtime with n clients, for bench_hubs.py.

Mirrors scene_asyncio.py and scene_trio.py. Here nothing has to be frozen: the hub's owner waits
in a thread of its own, and so do the write pumps of a direct hub. The clock runs in the caller's
thread, until the owner has handed the message to the last client.
"""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.micro.fakes import ADDRESS, DOOR, HEARD, SAY, TALKER, FakeSocket, all_took
from implementations.core.message import Message
from implementations.core.settings import Settings
from implementations.on_threads import BroadcasterHub, DirectHub, MutexHub
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.outbox_direct import DirectOutbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay


__all__ = ["Scene", "opened"]

SETTINGS = Settings()


class Scene(ABC):
    """See `fakes.Scene`."""

    def __init__(self, hub: MutexHub | BroadcasterHub | DirectHub, clients: int) -> None:
        self._hub = hub
        self._clients = clients
        # One entry for each message that the last client gets. It stays short, because each call
        # of `fan_out` takes its own entry.
        self._handed: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=hub.run, name="owner")]
        self._threads[0].start()
        self._fill()

    def fan_out(self) -> None:
        self._hub.submit(TALKER, SAY)
        self._handed.get()

    @abstractmethod
    def clear(self) -> None: ...

    def close(self) -> None:
        self._hub.close()
        self._hub.stop()
        for thread in self._threads:
            thread.join()

    @abstractmethod
    def _fill(self) -> None: ...

    def _told(self) -> None:
        self._handed.put(None)


class OutboxScene(Scene):
    """A hub that fills outboxes; no write pump waits at them."""

    _hub: MutexHub | BroadcasterHub

    def _fill(self) -> None:
        self._outboxes: list[Outbox] = []
        for client_id in range(1, self._clients + 1):
            if client_id < self._clients:
                outbox = self._hub.outbox(FakeSocket().as_socket(), DOOR)
            else:
                outbox = _LastOutbox(self._told)
            self._outboxes.append(outbox)
            self._hub.join(client_id, ADDRESS.format(client_id), outbox)
            if client_id % SETTINGS.inbox == 0 or client_id == self._clients:
                for each in self._outboxes:  # full outboxes would hold the next newcomer back
                    each.take()
        self._handed.get()  # its welcome

    def clear(self) -> None:
        for outbox in self._outboxes:
            assert outbox.take() == HEARD


class DirectScene(Scene):
    """A hub that writes to sockets that take everything, so the write pumps wait."""

    _hub: DirectHub

    def _fill(self) -> None:
        self._socks: list[FakeSocket] = []
        for client_id in range(1, self._clients + 1):
            told = self._told if client_id == self._clients else _nobody_told
            sock = FakeSocket(told)
            self._socks.append(sock)
            outbox = self._hub.outbox(sock.as_socket(), DOOR)
            self._hub.join(client_id, ADDRESS.format(client_id), outbox)
            pump = threading.Thread(target=_write_pump, args=(outbox, told), name="write pump")
            self._threads.append(pump)
            pump.start()
        self._handed.get()  # its welcome
        self._settle()

    def _settle(self) -> None:
        """Submit messages until the owner itself writes one to every socket: all pumps wait."""
        settled = False
        while not settled:
            self.fan_out()
            settled = all(sock.taken[-1:] == [HEARD] for sock in self._socks)
            for sock in self._socks:
                sock.taken.clear()

    def clear(self) -> None:
        all_took(self._socks)


class _LastOutbox(Outbox):
    """The last outbox of a fan-out; it reports when it gets the message."""

    def __init__(self, told: Callable[[], None]) -> None:
        super().__init__(DOOR, SETTINGS, Pace(), Relay())  # never so full that its pace matters
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


def _write_pump(outbox: DirectOutbox, told: Callable[[], None]) -> None:
    while outbox.take():
        told()


def _nobody_told() -> None:
    pass
