"""Processors in memory: each step takes a tick, and what is idle or lost is noted."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Any

import pytest

from hubbub.learning.processors import Call, NotRunnable, Start, Task, Wait, play


class OneQueue:
    """All tasks in one queue."""

    def __init__(self) -> None:
        self.tasks: deque[Task] = deque()

    def put(self, _: int | None, task: Task) -> None:
        """Take a task in."""
        self.tasks.append(task)

    def take(self, _: int) -> Task | None:
        """Give the oldest out."""
        return self.tasks.popleft() if self.tasks else None


def steps(*wishes: object) -> Generator[Any, None, None]:
    """Yield these, one a step."""
    yield from wishes


def test_a_step_takes_a_tick() -> None:
    """Two processors run two tasks side by side, and none of them twice in a tick."""
    tasks = [Task("a", steps(None)), Task("b", steps(None, None))]

    run = play(OneQueue(), [(0, task) for task in tasks], processors=2)

    assert run.table(2) == "processor 0: a a b\nprocessor 1: b b ."
    assert (run.ticks, run.idle(), run.unfinished) == (3, [], [])


def test_who_waits_comes_back_and_a_call_keeps_its_processor() -> None:
    """A socket's wait leaves the processor free, a system call does not."""
    tasks = [Task("w", steps(Wait(2))), Task("c", steps(Call(2), Start(Task("n", steps()))))]

    run = play(OneQueue(), [(0, task) for task in tasks], processors=1)

    assert run.table(1) == "processor 0: w c # w c n c"


def test_idleness_is_told_from_having_nothing_to_do() -> None:
    """A processor that is given nothing while somebody could run is noted."""

    class Stingy(OneQueue):
        def take(self, processor: int) -> Task | None:
            return None if processor else super().take(processor)

    run = play(Stingy(), [(0, Task(name, steps())) for name in "ab"], processors=2)

    assert [(step.processor, step.waiting) for step in run.idle()] == [(1, ("b",))]


def test_what_cannot_run_is_refused() -> None:
    """A task that is given out a second time is an error of the scheduler's."""

    class Forgetful(OneQueue):
        def take(self, _: int) -> Task | None:
            return self.tasks[0]

    with pytest.raises(NotRunnable):
        play(Forgetful(), [(0, Task("a", steps()))], processors=2)
