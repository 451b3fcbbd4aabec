"""The lab's process with a real server and the real load generator: no browser."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from conformance.timing import WITHIN
from hubbub.lab.stage import Stage


Message = dict[str, Any]
STARTED_S = 15 + WITHIN  # a server and a compiled generator, on a busy machine


class Show:
    """A stage that runs, and all that it has told."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.told: list[Message] = []
        self._changed = asyncio.Event()

    def tell(self, message: Message) -> None:
        self.told.append(message)
        self._changed.set()

    async def wait(self, fits: Callable[[Message], bool], since: int = 0) -> Message:
        """Return the first message since then that fits, when it has come."""
        async with asyncio.timeout(STARTED_S):
            while True:
                for message in self.told[since:]:
                    if fits(message):
                        return message
                self._changed.clear()
                await self._changed.wait()

    async def do(self, **wish: Any) -> int:
        """Ask for something; return how many messages came before."""
        before = len(self.told)
        self.stage.do(wish)
        return before


@asynccontextmanager
async def running(**scene: Any) -> AsyncIterator[Show]:
    """Run a stage with that scene; yields it when the load is heard."""
    show = Show(Stage())
    show.stage.do({"do": "scene", "clients": 20, "rate": 100, **scene})
    task = asyncio.create_task(show.stage.run(show.tell))
    try:
        await show.wait(lambda m: m["is"] == "column" and m["heard"] > 0)
        yield show
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def children() -> set[int]:
    """Return the processes that this one has started, and that run."""
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children") as file:
                found |= set(map(int, file.read().split()))
    return found


def test_scene_is_shown_live() -> None:
    """Columns, figures, depths and states come, and the sums agree."""

    async def scene() -> list[Message]:
        async with running() as show:
            await show.wait(lambda m: m["is"] == "figures" and m["deliveries_hz"] is not None)
            await show.wait(lambda m: m["is"] == "depths")
            return show.told

    told = asyncio.run(scene())

    figures = next(m for m in told if m["is"] == "figures" and m["cpu"] is not None)
    assert figures["rss_bytes"] > 1_000_000
    assert figures["threads"] >= 1
    columns = [m for m in told if m["is"] == "column"]
    assert all(sum(n for _, n in c["counts"]) + c["untimed"] == c["heard"] for c in columns)
    assert any(c["p50_ms"] is not None and c["p50_ms"] <= c["p99_ms"] for c in columns)
    assert all(c["p99_ms"] is None for c in columns if not c["counts"])


def test_another_server_starts_in_place() -> None:
    """A scene with another server ends the old process and starts the new one."""

    async def scene() -> None:
        async with running() as show:
            before = children()
            since = await show.do(do="scene", server="trio-direct", outbox=64)
            told = await show.wait(lambda m: m["is"] == "scene" and m["state"] == "running", since)
            assert (told["server"], told["outbox"], told["clients"]) == ("trio-direct", 64, 20)
            await show.wait(lambda m: m["is"] == "column" and m["heard"] > 0, since)
            assert len(children()) == len(before)

    asyncio.run(scene())


def test_what_makes_no_sense_changes_nothing() -> None:
    """A page cannot name a program, leave the bounds, or break the lab."""

    async def scene() -> Message:
        async with running() as show:
            for wish in (
                {"do": "scene", "server": "/bin/sh"},
                {"do": "scene", "server": "command"},
                {"do": "scene", "server": ["x"], "policy": "maybe"},
                {"do": "stall", "client": 10**9},
                {"do": "stall", "client": "0; quit"},
                {"do": "pin", "clients": "0"},
                {"do": "pin", "clients": [True, -1, "x", 2.5]},
                {"do": "burst", "count": -1},
                {"do": "sing"},
                {},
            ):
                show.stage.do(wish)
            since = await show.do(do="scene", clients=10**9, rate=float("nan"), bytes=1, outbox="x")
            told = await show.wait(lambda m: m["is"] == "scene", since)
            await show.do(do="scene", clients=5)
            return told

    told = asyncio.run(scene())

    assert (told["server"], told["state"]) == ("asyncio-broadcaster", "running")
    assert (told["clients"], told["rate"], told["bytes"], told["outbox"]) == (5000, 100, 10, 256)


def test_stalled_client_is_cut_off() -> None:
    """A client that stops reading is stalled, then evicted, and the others go on."""

    async def scene() -> None:
        async with running(bytes=4000, rate=400, outbox=16) as show:
            since = await show.do(do="stall", client=3)
            await show.wait(lambda m: m["is"] == "states" and [3, "stalled"] in m["changed"], since)
            event = await show.wait(lambda m: m["is"] == "event" and m["kind"] == "evict", since)
            assert event["client"] == 3
            assert "too slow" in event["text"]
            await show.wait(lambda m: m["is"] == "column" and m["heard"] > 0, len(show.told))

    asyncio.run(scene())


def test_broken_order_is_told_with_its_clients() -> None:
    """A server that mixes up its orders is found out within seconds."""

    async def scene() -> Message:
        server = "exhibit-await-in-fanout-trio"
        async with running(server=server, clients=6, rate=200, bytes=64, speakers=6) as show:
            await show.do(do="pin", clients=list(range(6)))
            for _ in range(10):
                await show.do(do="burst", count=3)
                await asyncio.sleep(0.5)
            return await show.wait(lambda m: m["is"] == "verdict")

    verdict = asyncio.run(scene())

    assert verdict["rule"] == "order.total"
    assert len(verdict["clients"]) >= 2
    assert "disagree" in verdict["text"]


def test_server_that_is_killed_can_be_started_again() -> None:
    """The lab says that the server has gone, and a restart works."""

    async def scene() -> None:
        async with running() as show:
            since = len(show.told)
            os.kill(show.stage._pid, signal.SIGKILL)
            await show.wait(lambda m: m["is"] == "scene" and m["state"] == "gone", since)
            since = await show.do(do="restart")
            await show.wait(lambda m: m["is"] == "column" and m["heard"] > 0, since)

    asyncio.run(scene())


def test_generator_that_is_killed_can_be_started_again() -> None:
    """The same for the load generator."""

    async def scene() -> None:
        async with running() as show:
            since = len(show.told)
            assert show.stage._generator is not None
            os.kill(show.stage._generator.pid, signal.SIGKILL)
            await show.wait(lambda m: m["is"] == "event" and m["kind"] == "trouble", since)
            since = await show.do(do="restart")
            await show.wait(lambda m: m["is"] == "column" and m["heard"] > 0, since)

    asyncio.run(scene())


def test_server_that_does_not_start_is_told() -> None:
    """A command that fails leaves the lab usable: the page shows why, and another scene runs."""

    async def scene() -> Message:
        show = Show(Stage(["false", "{ws}"]))
        task = asyncio.create_task(show.stage.run(show.tell))
        failed = await show.wait(lambda m: m["is"] == "scene" and m["state"] == "failed")
        since = await show.do(do="scene", server="asyncio-mutex")
        await show.wait(lambda m: m["is"] == "scene" and m["state"] == "running", since)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return failed

    assert "did not start" in asyncio.run(scene())["why"]


def test_nothing_is_left() -> None:
    """When a stage ends, its server and its generator have ended."""
    before = children()

    async def scene() -> None:
        async with running():
            assert len(children() - before) >= 2

    asyncio.run(scene())

    deadline = time.monotonic() + WITHIN
    while (left := len(children() - before)) > 1:  # the guard stays with this process
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def test_stop_in_good_order_is_told() -> None:
    """SIGTERM ends the server; the page hears how long that took, and how clients were closed."""

    async def scene() -> None:
        async with running() as show:
            since = await show.do(do="sigterm")
            await show.wait(lambda m: m["is"] == "scene" and m["state"] == "gone", since)
            await show.wait(lambda m: "after SIGTERM" in m.get("text", ""), since)
            await show.wait(lambda m: "closed with 1001 (server is" in m.get("text", ""), since)

    asyncio.run(scene())
