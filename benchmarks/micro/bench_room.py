"""One step of a room with n members: it returns deliveries, and delivers nothing.

One group per step, with one row per number of members, to show how a step grows. Expected:
``say``, ``rename`` and ``leave`` do not grow; ``who`` and ``join`` grow with n, because both write
out the whole roster.

Each round begins with n members: a join is undone by a leave, and a leave by a join, outside of
the measured time.
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
ROUNDS = 2000  # of one step each: enough for a median, and quickly done
NEWCOMER = 0  # the members are numbered from 1

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
    """One member changes its name, back and forth between two."""
    benchmark.group = "room: rename"
    room = _room_of(members)
    names = cycle([Rename("anna"), Rename("ben")])

    assert len(benchmark(lambda: room.submit(1, next(names)))) == 1


@each_size
def bench_join(benchmark: Benchmark, members: int) -> None:
    """A newcomer joins n members."""
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
    """One member leaves, and n stay."""
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
