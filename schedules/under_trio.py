"""A run of a trio server's hub and connections under trio's own scheduler, seeded.

Mirrors under_threads.py and under_asyncio.py. Trio shuffles each batch of tasks that are ready;
here the shuffling starts from the run's seed. A mock clock jumps to the next deadline when nothing
else is left to do.

Invariants:
  1. The seed alone decides: no real socket, clock or thread takes part.
  2. Every task has ended when `play` returns, whatever happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

import trio
from trio.testing import MockClock

from schedules.memory_socket import MemorySocket
from schedules.script import make_scene
from schedules.stage import HUB, STUCK_S, Stage
from schedules.whereabouts import whereabouts


__all__ = ["play", "seeded"]

PAUSES = 3  # at most, before a client's words arrive; without them tasks would run in step


def play(package: ModuleType, make_hub: Callable[..., Any], seed: int) -> Stage:
    """Play the scene of ``seed`` to its end.

    Args:
        package: ``implementations.on_trio``.
        make_hub: the class of the hub.
    """
    stage = Stage(make_scene(seed), seed, trio.lowlevel.current_task)
    theatre = _Theatre(stage, package, make_hub)
    with (
        patch("implementations.on_trio.hub_direct.ring_for", stage.ring_for),
        patch("trio.lowlevel.wait_readable", theatre.readable),
        patch("trio.lowlevel.wait_writable", theatre.writable),
        stage.watched_log(),
        seeded(seed),
    ):
        trio.run(theatre.play, clock=MockClock(autojump_threshold=0))
    return stage


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let trio's scheduler draw from ``seed``.

    Trio has this for test tools that make runs repeatable, but only under private names.
    tests/schedules/test_under_trio.py notices if these lose their effect.
    """
    run = trio._core._run
    before = run._r.getstate()
    run._r.seed(seed)
    try:
        with patch.object(run, "_ALLOW_DETERMINISTIC_SCHEDULING", True):
            yield
    finally:
        run._r.setstate(before)


class _Theatre:
    """Starts the tasks, and takes the place of their waits."""

    def __init__(self, stage: Stage, package: ModuleType, make_hub: Callable[..., Any]) -> None:
        self._stage = stage
        self._server = package.server
        self._make_hub = make_hub
        self._left = len(stage.sockets)  # connections that have not ended
        self._all_left = trio.Event()

    async def play(self) -> None:
        opened, stopped = trio.Event(), trio.Event()
        self._stage.opened = opened.set
        hub = self._make_hub(self._stage.settings)
        self._stage.adopt(hub)
        async with trio.open_nursery() as tasks:
            with trio.move_on_after(STUCK_S) as patience:
                tasks.start_soon(self._own, hub, stopped)
                self._admit(self._stage.observer, hub, tasks)
                await opened.wait()
                for sock in self._stage.guests:
                    self._admit(sock, hub, tasks)
                await self._all_left.wait()
                hub.stop()
                await stopped.wait()
            if patience.cancelled_caught:
                self._stage.waits = whereabouts(
                    (name, task.coro)
                    for task, name in self._stage.actors().items()
                    if isinstance(task, trio.lowlevel.Task)
                )
            self._stage.curtain()
            tasks.cancel_scope.cancel()

    def _admit(self, sock: MemorySocket, hub: Any, tasks: trio.Nursery) -> None:
        connection = self._stage.connection(self._server, sock, hub)
        tasks.start_soon(self._serve, f"{sock.part.name}'s write pump", connection)

    async def _serve(self, name: str, connection: Any) -> None:
        self._stage.enter(name)
        try:
            await connection.run()
        except Exception as error:  # only from a broken hub: `run` itself raises nothing
            self._stage.crashed(error)
        self._left -= 1
        if not self._left:
            self._all_left.set()

    async def _own(self, hub: Any, stopped: trio.Event) -> None:
        self._stage.enter(HUB)
        try:
            await hub.run()
        except Exception as error:
            self._stage.crashed(error)
        stopped.set()

    async def readable(self, sock: MemorySocket) -> None:
        """Takes the place of `trio.lowlevel.wait_readable`."""
        self._stage.enter(f"{sock.part.name}'s read pump", unless_known=True)
        changed = trio.Event()
        sock.call_back(changed.set)
        try:
            for _ in range(sock.random.randint(1, PAUSES)):
                await trio.lowlevel.checkpoint()
            if not sock.readable:
                await changed.wait()
        finally:
            sock.call_back(None)

    async def writable(self, sock: MemorySocket) -> None:
        """Takes the place of `trio.lowlevel.wait_writable`; the client reads a little later."""
        for _ in range(sock.random.randint(1, PAUSES)):
            await trio.lowlevel.checkpoint()
        sock.drain()
        if not sock.writable:
            await trio.sleep_forever()
        await trio.lowlevel.checkpoint()  # others may write before the waiting pump runs again
