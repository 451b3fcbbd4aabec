"""Processors that run tasks, tick by tick, as a scheduler gives them out.

A scheduler has

    put(processor, task)   a task can run: it was made on this processor, or gave way there; None
                           for one that waited for a socket, which no processor knows anything of
    take(processor)        the task that the processor is to run now; None when there is none

A task is a generator: it runs from one ``yield`` to the next, which is one step and takes one
tick. What it yields says what it does: None gives way, and see `Start`, `Wait` and `Call`.

Invariant: a scheduler decides who runs, and nothing else here does; a run has no chance in it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any


__all__ = ["Call", "NotRunnable", "Run", "Start", "Step", "Task", "Wait", "play"]

Steps = Generator[Any, None, None]


class NotRunnable(Exception):
    """What a scheduler gave out was no task, or one that cannot run now."""


@dataclass(eq=False)
class Task:
    """A name and what is left of its steps."""

    name: str
    steps: Steps

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Start:
    """Start another task, as ``go`` does."""

    task: Task


@dataclass(frozen=True)
class Wait:
    """Wait for a socket: the task comes back after so many ticks, from outside."""

    ticks: int


@dataclass(frozen=True)
class Call:
    """Be in a system call: the *processor* is back after so many ticks."""

    ticks: int


@dataclass(frozen=True)
class Step:
    """One step, or with no name none: the processor found nothing."""

    tick: int
    processor: int
    name: str
    waiting: tuple[str, ...] = ()  # who could have run and was with no processor


@dataclass
class Run:
    """What came of it.

    Attributes:
        steps: in order, idle ticks too.
        unfinished: who could still run at the end.
        ticks: how long it took.
    """

    steps: list[Step] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    ticks: int = 0

    def idle(self) -> list[Step]:
        """Return where a processor found nothing while somebody waited for one."""
        return [step for step in self.steps if not step.name and step.waiting]

    def table(self, processors: int, ticks: int = 30) -> str:
        """Return who ran when, a row for each processor; a dot is a tick without work."""
        names = {(step.processor, step.tick): step.name or "." for step in self.steps}
        last = min(ticks, self.ticks)
        wide = max([len(name) for name in names.values()], default=1)
        rows = [
            " ".join(names.get((number, tick), "-").rjust(wide) for tick in range(last))
            for number in range(processors)
        ]
        return "\n".join(f"processor {number}: {row}" for number, row in enumerate(rows))


def play(
    scheduler: Any,
    begin: list[tuple[int | None, Task]],
    *,
    processors: int,
    most_ticks: int = 400,
    look: Callable[[], None] = lambda: None,
) -> Run:
    """Run tasks until all have ended.

    Args:
        begin: what is put first: a processor and a task.
        look: called after each step, so that a check may look at the scheduler.

    Raises:
        NotRunnable: ``take`` gave out what cannot run.
    """
    run = Run()
    runnable: dict[Task, None] = {}
    sleeping: list[tuple[int, Task]] = []  # until which tick
    busy_until = [0] * processors

    def put(processor: int | None, task: Task) -> None:
        runnable[task] = None
        scheduler.put(processor, task)

    for processor, task in begin:
        put(processor, task)
    while (runnable or sleeping or max(busy_until) > run.ticks) and run.ticks < most_ticks:
        for until, task in [one for one in sleeping if one[0] <= run.ticks]:
            sleeping.remove((until, task))
            put(None, task)
        taken: list[tuple[int, Task]] = []
        for processor in range(processors):
            if busy_until[processor] > run.ticks:
                run.steps.append(Step(run.ticks, processor, "#"))
                continue
            task = scheduler.take(processor)
            if task is None:
                waiting = tuple(one.name for one in runnable)
                run.steps.append(Step(run.ticks, processor, "", waiting))
                continue
            if not isinstance(task, Task) or task not in runnable:
                raise NotRunnable(task)
            del runnable[task]
            run.steps.append(Step(run.ticks, processor, task.name))
            taken.append((processor, task))
        for processor, task in taken:  # all at once, so that none runs twice in a tick
            _step(task, processor, run.ticks, put, sleeping, busy_until)
            look()
        run.ticks += 1
    run.unfinished = [task.name for task in runnable]
    return run


def _step(
    task: Task,
    processor: int,
    tick: int,
    put: Callable[[int | None, Task], None],
    sleeping: list[tuple[int, Task]],
    busy_until: list[int],
) -> None:
    try:
        wish = next(task.steps)
    except StopIteration:
        return
    match wish:
        case Start(other):
            put(processor, other)
            put(processor, task)
        case Wait(ticks):
            sleeping.append((tick + ticks, task))
        case Call(ticks):
            busy_until[processor] = tick + ticks
            sleeping.append((tick + ticks, task))
        case _:
            put(processor, task)
