"""One client's outbox."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from implementations.core.backlog import SlowConsumer
from implementations.core.causes import Cause
from implementations.core.message import TCP, WS, Door, encode
from implementations.core.settings import Settings
from implementations.on_trio.outbox import Outbox
from implementations.on_trio.pace import Pace
from tests.implementations.on_trio.settle import must_wait


FOUR = replace(Settings(), outbox=4)


@pytest.mark.parametrize("door", [TCP, WS])
def test_take_gives_the_encoding_of_its_door(door: Door) -> None:
    """An outbox gives out the bytes for its client's door."""

    async def scene() -> bytes:
        outbox = Outbox(door, Settings(), Pace())
        outbox.offer(encode("hello"))
        return await outbox.take()

    assert trio.run(scene) == encode("hello")[door]


def test_take_waits_and_joins_what_came_meanwhile() -> None:
    """A write pump that waits is woken once for everything that was offered by then."""

    async def scene() -> list[bytes]:
        outbox = Outbox(TCP, Settings(), Pace())
        batches: list[bytes] = []
        async with trio.open_nursery() as pump:
            pump.start_soon(_take, outbox, batches)
            await wait_all_tasks_blocked()
            outbox.offer(encode("one"))
            outbox.offer(encode("two"))
        return batches

    assert trio.run(scene) == [b"one\ntwo\n"]


def test_full_outbox_refuses_and_keeps_what_it_has() -> None:
    """The message past the limit is refused, and those before it are still given out."""

    async def scene() -> tuple[list[bool], bytes]:
        outbox = Outbox(TCP, FOUR, Pace())
        taken = [outbox.offer(encode(str(number))) for number in range(5)]
        return taken, await outbox.take()

    assert trio.run(scene) == ([True] * 4 + [False], b"0\n1\n2\n3\n")


def test_half_full_outbox_holds_until_a_quarter_full() -> None:
    """Talkers are held back at the high-water mark, and let go at the low-water mark."""

    async def scene() -> list[bool]:
        pace = Pace()
        outbox = Outbox(TCP, FOUR, pace)
        waited = []
        outbox.offer(encode("one"))
        waited.append(await must_wait(pace))
        outbox.offer(encode("two"))
        waited.append(await must_wait(pace))
        await outbox.take()
        waited.append(await must_wait(pace))
        return waited

    assert trio.run(scene) == [False, True, False]


def test_stalled_outbox_holds_nobody_until_it_has_caught_up() -> None:
    """A client whose socket takes nothing holds nobody back until it has caught up."""

    async def scene() -> list[bool]:
        pace = Pace()
        outbox = Outbox(TCP, FOUR, pace)
        waited = []
        outbox.offer(encode("one"))
        outbox.offer(encode("two"))
        outbox.stall(for_long=True)
        outbox.offer(encode("three"))
        waited.append(await must_wait(pace))
        await outbox.take()
        outbox.offer(encode("four"))
        outbox.offer(encode("five"))
        waited.append(await must_wait(pace))
        return waited

    assert trio.run(scene) == [False, True]


def test_stall_ends_a_hold_only_when_it_lasts() -> None:
    """An outbox that holds goes on until the stall is long; another outbox does not begin."""

    async def scene() -> list[bool]:
        pace = Pace()
        outbox = Outbox(TCP, FOUR, pace)
        waited = []
        outbox.offer(encode("one"))
        outbox.offer(encode("two"))
        outbox.stall(for_long=False)
        waited.append(await must_wait(pace))
        outbox.stall(for_long=True)
        waited.append(await must_wait(pace))
        await outbox.take()
        outbox.stall(for_long=False)
        outbox.offer(encode("three"))
        outbox.offer(encode("four"))
        waited.append(await must_wait(pace))
        return waited

    assert trio.run(scene) == [True, False, False]


def test_stalled_outbox_holds_all_the_same_under_block() -> None:
    """Under ``block`` the talkers wait even for a client that takes nothing."""

    async def scene() -> bool:
        pace = Pace()
        outbox = Outbox(TCP, replace(FOUR, slow_consumer=SlowConsumer.BLOCK), pace)
        outbox.offer(encode("one"))
        outbox.offer(encode("two"))
        outbox.stall(for_long=True)
        return await must_wait(pace)

    assert trio.run(scene)


def test_closed_outbox_gives_out_what_it_has_and_then_nothing() -> None:
    """Messages that were queued before the close are given out; later ones are not."""

    async def scene() -> tuple[bytes, bytes, Cause | None]:
        outbox = Outbox(TCP, Settings(), Pace())
        outbox.offer(encode("before"))
        outbox.close(Cause.QUIT)
        outbox.close(Cause.SHUTDOWN)
        outbox.offer(encode("after"))
        return await outbox.take(), await outbox.take(), outbox.cause

    assert trio.run(scene) == (b"before\n", b"", Cause.QUIT)


def test_close_wakes_the_write_pump_and_lets_the_talkers_go() -> None:
    """A close ends the wait of the write pump and the hold of the outbox."""

    async def scene() -> tuple[list[bytes], bool]:
        pace = Pace()
        outbox = Outbox(TCP, FOUR, pace)
        batches: list[bytes] = []
        async with trio.open_nursery() as pump:
            pump.start_soon(_take, outbox, batches)
            await wait_all_tasks_blocked()
            pace.hold(outbox)
            outbox.close(Cause.LEFT)
        return batches, await must_wait(pace)

    assert trio.run(scene) == ([b""], False)


def test_cancelled_take_loses_nothing() -> None:
    """A write pump that is cancelled while it waits leaves the next message in the outbox."""

    async def scene() -> bytes:
        outbox = Outbox(TCP, Settings(), Pace())
        async with trio.open_nursery() as pump:
            pump.start_soon(outbox.take)
            await wait_all_tasks_blocked()
            pump.cancel_scope.cancel()
        outbox.offer(encode("kept"))
        return await outbox.take()

    assert trio.run(scene) == b"kept\n"


def test_reply_waits_for_its_turn() -> None:
    """A client that asks for replies faster than it reads them is held back like a talker."""

    async def scene() -> tuple[bool, bytes]:
        pace = Pace()
        outbox = Outbox(WS, FOUR, pace)
        async with trio.open_nursery() as replies:
            for _ in range(9):
                replies.start_soon(outbox.reply, b"pong")
            await wait_all_tasks_blocked()
            waited = bool(replies.child_tasks)
            taken = b""
            while len(taken) < 9 * len(b"pong"):
                taken += await outbox.take()
                await wait_all_tasks_blocked()
        return waited, taken

    assert trio.run(scene) == (True, b"pong" * 9)


async def _take(outbox: Outbox, batches: list[bytes]) -> None:
    batches.append(await outbox.take())
