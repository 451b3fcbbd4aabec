"""One client's outbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from implementations.core.backlog import SlowConsumer
from implementations.core.causes import Cause
from implementations.core.message import TCP, WS, Door, encode
from implementations.core.settings import Settings
from implementations.on_threads.outbox import Outbox
from implementations.on_threads.pace import Pace
from implementations.on_threads.relay import Relay
from tests.implementations.on_threads.parked import joined, must_wait, parked


FOUR = replace(Settings(), outbox=4)


@pytest.mark.parametrize("door", [TCP, WS])
def test_take_gives_the_encoding_of_its_door(door: Door) -> None:
    """An outbox gives out the bytes for its client's door."""
    outbox = Outbox(door, Settings(), Pace(), Relay())

    outbox.offer(encode("hello"))

    assert outbox.take() == encode("hello")[door]


def test_take_waits_and_joins_what_came_meanwhile() -> None:
    """A write pump that waits is woken, and gets everything that came by then."""
    outbox = Outbox(TCP, Settings(), Pace(), Relay())

    with joined(outbox.take) as [taker]:
        waited = parked(taker)
        outbox.offer(encode("one"))
    outbox.offer(encode("two"))
    outbox.offer(encode("three"))

    assert waited
    assert taker.result() == b"one\n"
    assert outbox.take() == b"two\nthree\n"


def test_full_outbox_refuses_and_keeps_what_it_has() -> None:
    """The message past the limit is refused, and those before it are still given out."""
    outbox = Outbox(TCP, FOUR, Pace(), Relay())

    taken = [outbox.offer(encode(str(number))) for number in range(5)]

    assert taken == [True] * 4 + [False]
    assert outbox.take() == b"0\n1\n2\n3\n"


def test_half_full_outbox_holds_until_a_quarter_full() -> None:
    """Talkers are held back at the high-water mark, and let go at the low-water mark."""
    pace = Pace()
    outbox = Outbox(TCP, FOUR, pace, Relay())

    outbox.offer(encode("one"))
    assert not must_wait(pace)
    outbox.offer(encode("two"))
    assert must_wait(pace)
    outbox.take()
    assert not must_wait(pace)


def test_stalled_outbox_holds_nobody_until_it_has_caught_up() -> None:
    """A client whose socket takes nothing holds nobody back until it has caught up."""
    pace = Pace()
    outbox = Outbox(TCP, FOUR, pace, Relay())

    outbox.offer(encode("one"))
    outbox.offer(encode("two"))
    outbox.stall(for_long=True)
    outbox.offer(encode("three"))
    assert not must_wait(pace)
    outbox.take()
    outbox.offer(encode("four"))
    outbox.offer(encode("five"))
    assert must_wait(pace)


def test_stall_ends_a_hold_only_when_it_lasts() -> None:
    """An outbox that holds goes on until the stall is long; another outbox does not begin."""
    pace = Pace()
    outbox = Outbox(TCP, FOUR, pace, Relay())

    outbox.offer(encode("one"))
    outbox.offer(encode("two"))
    outbox.stall(for_long=False)
    assert must_wait(pace)
    outbox.stall(for_long=True)
    assert not must_wait(pace)
    outbox.take()
    outbox.stall(for_long=False)
    outbox.offer(encode("three"))
    outbox.offer(encode("four"))
    assert not must_wait(pace)


def test_stalled_outbox_holds_all_the_same_under_block() -> None:
    """Under ``block`` the talkers wait even for a client that takes nothing."""
    pace = Pace()
    outbox = Outbox(TCP, replace(FOUR, slow_consumer=SlowConsumer.BLOCK), pace, Relay())

    outbox.offer(encode("one"))
    outbox.offer(encode("two"))
    outbox.stall(for_long=True)

    assert must_wait(pace)


def test_closed_outbox_gives_out_what_it_has_and_then_nothing() -> None:
    """Messages that were queued before the close are given out; later ones are not."""
    outbox = Outbox(TCP, Settings(), Pace(), Relay())

    outbox.offer(encode("before"))
    outbox.close(Cause.QUIT)
    outbox.close(Cause.SHUTDOWN)
    outbox.offer(encode("after"))

    assert [outbox.take(), outbox.take()] == [b"before\n", b""]
    assert outbox.cause is Cause.QUIT


def test_close_wakes_the_write_pump_and_lets_the_talkers_go() -> None:
    """A close ends the wait of the write pump and the hold of the outbox."""
    pace = Pace()
    outbox = Outbox(TCP, FOUR, pace, Relay())

    with joined(outbox.take) as [taker]:
        waited = parked(taker)
        pace.hold(outbox)
        outbox.close(Cause.LEFT)

    assert waited
    assert taker.result() == b""
    assert not must_wait(pace)


def test_reply_waits_for_its_turn() -> None:
    """A client that asks for replies faster than it reads them is held back like a talker."""
    outbox = Outbox(WS, FOUR, Pace(), Relay())

    def reply() -> list[bool]:
        return [outbox.reply(b"pong") for _ in range(9)]

    def take() -> bytes:
        taken = b""
        while len(taken) < 9 * len(b"pong"):
            taken += outbox.take()
        return taken

    with joined(reply) as [replier]:
        waited = parked(replier)
        with joined(take) as [taker]:
            pass

    assert waited
    assert replier.result() == [True] * 9
    assert taker.result() == b"pong" * 9
