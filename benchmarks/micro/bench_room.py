"""One step of the room among n members: the deliveries it causes, and no delivering.

A group a step, a line of the table a number of members: what is compared is how a
step grows. Expect ``say``, ``rename`` and ``leave`` not to, and ``who`` and ``join``
to grow with n, for both spell the whole roster.

Joining and leaving undo each other outside of what is measured, so each round
finds n members.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import pytest

from benchmarks.micro.fixture import Benchmark
from implementations.core.causes import Cause
from implementations.core.commands import Command, Rename, Say, Who
from implementations.core.room import Delivery, Room


MEMBERS = [10, 100, 1000]
ROUNDS = 2000  # of one step each: enough for a median, and a thousandth of a minute
NEWCOMER = 0  # members count from 1

each_size = pytest.mark.parametrize("members", MEMBERS)


@each_size
def bench_say(benchmark: Benchmark, members: int) -> None:
    """One member says something."""
    benchmark.group = "room: say"
    submit = _submitter(_room_of(members), Say("hello, all of you"))

    assert len(benchmark(submit)) == 1


@each_size
def bench_who(benchmark: Benchmark, members: int) -> None:
    """One member asks who is online."""
    benchmark.group = "room: who"
    submit = _submitter(_room_of(members), Who())

    assert len(benchmark(submit)) == 1


@each_size
def bench_rename(benchmark: Benchmark, members: int) -> None:
    """One member takes another name, each time the other of two."""
    benchmark.group = "room: rename"
    room = _room_of(members)
    names = cycle([Rename("anna"), Rename("ben")])

    assert len(benchmark(lambda: room.submit(1, next(names)))) == 1


@each_size
def bench_join(benchmark: Benchmark, members: int) -> None:
    """A newcomer is let in among n."""
    benchmark.group = "room: join"
    room = _room_of(members)

    def forget() -> None:
        room.leave(NEWCOMER, Cause.LEFT)

    benchmark.pedantic(
        lambda: room.join(NEWCOMER, "newcomer"), setup=forget, rounds=ROUNDS, warmup_rounds=20
    )

    assert len(room) == members + 1


@each_size
def bench_leave(benchmark: Benchmark, members: int) -> None:
    """One leaves, and n stay."""
    benchmark.group = "room: leave"
    room = _room_of(members)

    def let_in() -> None:
        room.join(NEWCOMER, "newcomer")

    benchmark.pedantic(
        lambda: room.leave(NEWCOMER, Cause.LEFT), setup=let_in, rounds=ROUNDS, warmup_rounds=20
    )

    assert len(room) == members


def _room_of(members: int) -> Room:
    room = Room(members + 1)
    for client_id in range(1, members + 1):
        room.join(client_id, f"127.0.0.1:{client_id}")
    return room


def _submitter(room: Room, command: Command) -> Callable[[], list[Delivery]]:
    return lambda: room.submit(1, command)
