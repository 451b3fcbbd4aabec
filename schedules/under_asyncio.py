"""A run of an asyncio server's hub and connections under simloop.

Mirrors under_threads.py and under_trio.py. simloop's event loop draws from its seed which of the
ready callbacks runs next. Its clock jumps to the next deadline when nothing else is left to do.

Invariants:
  1. The seed alone decides: no real socket, clock or thread takes part.
  2. Every task has ended when `play` returns, whatever happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest.mock import patch

from schedules.memory_socket import MemorySocket
from schedules.script import make_scene
from schedules.stage import HUB, STUCK_S, Stage
from schedules.whereabouts import whereabouts


__all__ = ["play"]


def play(package: ModuleType, make_hub: Callable[..., Any], seed: int) -> Stage:
    """Play the scene of ``seed`` to its end.

    Args:
        package: ``implementations.on_asyncio``.
        make_hub: the class of the hub.
    """
    from simloop import SimLoop

    stage = Stage(make_scene(seed), seed, asyncio.current_task)
    theatre = _Theatre(stage, package, make_hub)
    loop = SimLoop(seed)
    loop.set_exception_handler(lambda _loop, _context: None)  # silent about tasks that cannot end
    with (
        patch("implementations.on_asyncio.hub_direct.ring_for", stage.ring_for),
        patch("implementations.on_asyncio.wire.readable", theatre.readable),
        patch("implementations.on_asyncio.wire.writable", theatre.writable),
        stage.watched_log(),
    ):
        loop.run_until_complete(theatre.play())
    loop.close()
    return stage


class _Theatre:
    """Starts the tasks, and takes the place of their waits."""

    def __init__(self, stage: Stage, package: ModuleType, make_hub: Callable[..., Any]) -> None:
        self._stage = stage
        self._server = package.server
        self._make_hub = make_hub

    async def play(self) -> None:
        opened = asyncio.Event()
        self._stage.opened = opened.set
        hub = self._make_hub(self._stage.settings)
        self._stage.adopt(hub)
        owner = asyncio.create_task(self._own(hub))
        tasks = [owner]
        try:
            async with asyncio.timeout(STUCK_S):
                tasks.append(self._admit(self._stage.observer, hub))
                await opened.wait()
                tasks += [self._admit(sock, hub) for sock in self._stage.guests]
                await asyncio.wait(tasks[1:])
                hub.stop()
                await owner
        except TimeoutError:
            self._stage.waits = whereabouts(
                (name, task.get_coro())
                for task, name in self._stage.actors().items()
                if isinstance(task, asyncio.Task)
            )
        self._stage.curtain()
        await self._clear()

    def _admit(self, sock: MemorySocket, hub: Any) -> asyncio.Task[None]:
        connection = self._stage.connection(self._server, sock, hub)
        return asyncio.create_task(self._serve(f"{sock.part.name}'s write pump", connection))

    async def _serve(self, name: str, connection: Any) -> None:
        self._stage.enter(name)
        try:
            await connection.run()
        except Exception as error:  # only from a broken hub: `run` itself raises nothing
            self._stage.crashed(error)

    async def _own(self, hub: Any) -> None:
        self._stage.enter(HUB)
        try:
            await hub.run()
        except Exception as error:
            self._stage.crashed(error)

    async def _clear(self) -> None:
        """Cancel the tasks that have not ended, as often as it takes."""
        for _ in range(10):
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            if not left or not (await asyncio.wait(left, timeout=STUCK_S))[1]:
                break

    async def readable(self, sock: MemorySocket) -> None:
        """Takes the place of `readiness.readable`."""
        self._stage.enter(f"{sock.part.name}'s read pump", unless_known=True)
        loop = asyncio.get_running_loop()
        ready = loop.create_future()

        def wake() -> None:
            loop.call_soon(_wake, ready)

        sock.call_back(wake)
        try:
            if sock.readable:
                wake()
            await ready
        finally:
            sock.call_back(None)

    async def writable(self, sock: MemorySocket) -> None:
        """Takes the place of `readiness.writable`; the client reads a little later."""
        loop = asyncio.get_running_loop()
        ready = loop.create_future()

        def read() -> None:
            sock.drain()
            if sock.writable:
                _wake(ready)

        loop.call_soon(read)
        await ready  # others may write before the waiting pump runs again


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
