"""A run of a threads server's hub and connections under interleave-test.

Mirrors under_asyncio.py and under_trio.py. interleave-test lets one thread run at a time. Before
each line of the servers' code, each lock and each wait it picks the thread that runs next. Its
clock jumps to the next deadline when nothing else is left to do.

Invariants:
  1. The seed alone decides: no real socket, clock or lock takes part.
  2. Every thread has ended when `play` returns, whatever happened.
"""

from __future__ import annotations

import math
import re
import sys
import threading
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import interleave_test
from interleave_test._scheduler import _Abort, current_scheduler  # private: no public way exists

from schedules.memory_socket import MemorySocket
from schedules.script import make_scene
from schedules.stage import HUB, STUCK_S, Stage
from schedules.sticky import Sticky


__all__ = ["play"]

PATIENCE_S = 60.0  # on the real clock; a run takes milliseconds
SERVERS = Path(__file__).resolve().parents[1] / "implementations"
# The code whose objects threads share. Everything else in the core belongs to one thread at a time.
SHARED = (
    *("on_threads", "exhibits"),
    *("core/room.py", "core/counted_room.py", "core/fanout.py"),
    *("core/group_commit.py", "core/group_writer.py", "core/commit_log.py", "core/ring.py"),
)

STAGE_HAND = "play"  # starts the other threads; interleave-test names it after its function

_BLOCKED = re.compile(r"\s*T\d+\((.*?)\)  blocked on (.*)  at (.*)")
_HOLDER = re.compile(r"T\d+\((.*?)\)")

_local = threading.local()


def play(package: ModuleType, make_hub: Callable[..., Any], seed: int) -> Stage:
    """Play the scene of ``seed`` to its end.

    Args:
        package: ``implementations.on_threads``.
        make_hub: the class of the hub; threads may change between the lines of its file, too.
    """
    stage = Stage(make_scene(seed), seed, _me, _is_over)
    theatre = _Theatre(stage, package, make_hub)
    with (
        patch("implementations.on_threads.hub_direct.ring_for", stage.ring_for),
        patch("implementations.on_threads.wire.readable", theatre.readable),
        patch("implementations.on_threads.wire.writable", theatre.writable),
        patch("sys.unraisablehook", _unraisable),
        patch("logging.logThreads", False),  # threading does not know the names of these threads
        stage.watched_log(),
    ):
        result = interleave_test.explore(
            theatre.play,
            iterations=1,
            seed=seed,
            strategy=Sticky(),
            granularity="line",
            timeout=PATIENCE_S,
            include=[*(SERVERS / shared for shared in SHARED), _file_of(make_hub)],
            raise_on_failure=False,
        )
    if result.failure is not None:
        if result.failure.kind == "exception":
            raise RuntimeError(
                "the run itself failed, not the server"
            ) from result.failure.exception
        stage.waits = _waits(result.failure.details)
    return stage


class _Theatre:
    """Starts the threads, and takes the place of their waits."""

    def __init__(self, stage: Stage, package: ModuleType, make_hub: Callable[..., Any]) -> None:
        self._stage = stage
        self._server = package.server
        self._make_hub = make_hub

    def play(self) -> None:
        opened = threading.Event()
        self._stage.opened = opened.set
        hub = self._make_hub(self._stage.settings)
        self._stage.adopt(hub)
        owner = threading.Thread(target=self._act, args=(HUB, hub.run))
        owner.start()
        threads = [self._admit(self._stage.observer, hub)]
        opened.wait()
        threads += [self._admit(sock, hub) for sock in self._stage.guests]
        for thread in threads:
            thread.join()
        hub.stop()
        owner.join()

    def _admit(self, sock: MemorySocket, hub: Any) -> threading.Thread:
        connection = self._stage.connection(self._server, sock, hub)
        read_pump, name = connection._read_pump, sock.part.name

        def named(*arguments: object) -> None:
            self._act(f"{name}'s read pump", read_pump, *arguments)

        connection._read_pump = named  # the servers give all read pumps the same name
        thread = threading.Thread(target=self._act, args=(f"{name}'s write pump", connection.run))
        thread.start()
        return thread

    def _act(self, name: str, act: Callable[..., None], *arguments: object) -> None:
        """Do a thread's work under its name. Only a broken hub lets an error get this far."""
        self._stage.enter(name)
        _name(name)
        try:
            act(*arguments)
        except Exception as error:
            self._stage.crashed(error)

    def readable(self, sock: MemorySocket, *, deadline: float = math.inf) -> bool:
        """Takes the place of `readiness.readable`."""
        changed = threading.Event()
        sock.call_back(changed.set)
        try:
            if not sock.readable:
                changed.wait(_left(deadline))
        finally:
            sock.call_back(None)
        return sock.readable

    def writable(self, sock: MemorySocket, *, deadline: float = math.inf) -> bool:
        """Takes the place of `readiness.writable`; the client reads a little later."""
        time.sleep(0)  # a point where threads change
        sock.drain()
        if not sock.writable:
            threading.Event().wait(_left(deadline))
            return False
        time.sleep(0)  # others may write before the waiting pump runs again
        return True


def _left(deadline: float) -> float | None:
    """Return the seconds to a deadline; None if it is too far away to matter."""
    left_s = deadline - time.monotonic()
    return None if left_s > STUCK_S else max(0.0, left_s)


def _me() -> Hashable:
    """Return an object of this thread's own; a thread's number may be used again."""
    if not hasattr(_local, "me"):
        _local.me = object()
    me: Hashable = _local.me
    return me


def _name(name: str) -> None:
    """Name the running thread where interleave-test says who holds a lock.

    A name given to ``threading.Thread`` would do, but the servers make some of the threads.
    """
    current_scheduler().me().name = name


def _is_over() -> bool:
    """Return whether threads are being ended: each then unwinds by itself, in no order."""
    scheduler = current_scheduler()
    return scheduler is not None and scheduler._abort


def _unraisable(what: sys.UnraisableHookArgs) -> None:
    """Stay silent about a generator that is dropped while its thread is being ended."""
    if not isinstance(what.exc_value, _Abort):
        sys.__unraisablehook__(what)


def _file_of(make_hub: Callable[..., Any]) -> Path:
    return Path(make_hub.__init__.__code__.co_filename)


def _waits(details: str) -> list[str]:
    """Return where each thread waits, from interleave-test's table of a deadlock."""
    waits = []
    for line in details.splitlines():
        if found := _BLOCKED.fullmatch(line):
            name, what, place = found.groups()
            holder = _HOLDER.search(what)
            if name == STAGE_HAND:
                continue
            if holder is None or holder[1] in (name, STAGE_HAND):  # a lock that serves as an event
                waits.append(f"{name} waits at {place}")
            elif what.startswith("join"):
                waits.append(f"{name} waits for {holder[1]} to end, at {place}")
            else:
                waits.append(f"{name} waits for a lock that {holder[1]} holds, at {place}")
    return waits or [details]
