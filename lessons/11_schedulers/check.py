"""Judges lesson 11: run queues, a shared one, and stealing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from hubbub.learning.processors import Call, NotRunnable, Start, Task, Wait, play
from hubbub.learning.promises import Broken, promise


INTERFACE = """
Scheduler(processors)
Scheduler.put(processor, task)
Scheduler.take(processor)
"""
PLACES, LOOK = 8, 5
MOST_TASKS = 60


def _scheduler(exercise, processors):
    scheduler = exercise.Scheduler(processors)
    local, shared = getattr(scheduler, "local", ()), getattr(scheduler, "shared", None)
    if not isinstance(local, Collection) or len(local) != processors or shared is None:
        raise Broken(
            "The check looks into local, a list with a queue for each processor, and into shared, "
            f"one queue. With {processors} processors your Scheduler has local = {local!r} and "
            f"shared = {shared!r}."
        )
    if not isinstance(local, Mapping | Sequence) or not all(
        isinstance(queue, Collection) for queue in (*_own_queues(scheduler), shared)
    ):
        raise Broken(
            "The check walks each queue of local, and shared; one of yours cannot be walked: use "
            "deques, or lists."
        )
    if any((*_own_queues(scheduler), shared)):
        raise Broken(
            "A scheduler that was just made has tasks in its queues: those of another one. Make "
            "the queues in __init__, not in the class."
        )
    return scheduler


def _own_queues(scheduler):
    """Return the processors' queues, in order; they may stand in a dict too."""
    return [scheduler.local[number] for number in range(len(scheduler.local))]


def _task(name, steps=1):
    return Task(name, _gives_way(steps))


def _gives_way(steps):
    for _ in range(steps - 1):
        yield


def _named(count, letter="t"):
    return [_task(f"{letter}{number}") for number in range(1, count + 1)]


def _names(tasks):
    return " ".join(getattr(task, "name", repr(task)) for task in tasks) or "nothing"


def _standing(scheduler):
    return [task for queue in (*_own_queues(scheduler), scheduler.shared) for task in queue]


def _queues(scheduler):
    own = enumerate(_own_queues(scheduler))
    rows = [f"  local {number}  {_names(queue)}" for number, queue in own]
    return "\n".join([*rows, f"  shared   {_names(scheduler.shared)}"])


def _conserved(scheduler, tasks, told):
    """Look that each of the tasks stands in one queue, and nothing else does."""
    count = Counter(map(id, _standing(scheduler)))
    for task in tasks:
        if count[id(task)] != 1:
            where = "in no queue" if not count[id(task)] else f"{count[id(task)]} times in queues"
            what = "it is lost, and never runs" if not count[id(task)] else "it would run twice"
            raise Broken(f"{told}, and {task} stands {where}: {what}.", detail=_queues(scheduler))


@promise("lesson.local", "What is made on a processor runs there, oldest first.")
def own_queue(exercise, seed):
    scheduler = _scheduler(exercise, 2)
    tasks = _named(3)
    for task in tasks:
        scheduler.put(0, task)
    if list(scheduler.local[0]) != tasks:
        raise Broken(
            f"{_names(tasks)} were made on processor 0, and its own queue holds "
            f"{_names(scheduler.local[0])}: a task begins where it was made, so that nobody else "
            "need be asked.",
            detail=_queues(scheduler),
        )
    taken = [scheduler.take(0) for _ in range(3)]
    if taken != tasks:
        raise Broken(
            f"{_names(tasks)} were put in this order, and became {_names(taken)}: the oldest "
            "comes first, or a task that gives way is at once its own successor."
        )
    for processor in range(2):
        if (taken := scheduler.take(processor)) is not None:
            raise Broken(f"Nothing stands anywhere, and take gave out {taken!r} instead of None.")


@promise("lesson.idle", "No processor is idle while a task can run.")
def nobody_idle(exercise, seed):
    for owner in range(3):
        for thief in range(3):
            scheduler = _scheduler(exercise, 3)
            task = _task("t1")
            scheduler.put(owner, task)
            if scheduler.take(thief) is not task:
                raise Broken(
                    f"One task stands in the queue of processor {owner}, and processor {thief} "
                    "found nothing: it is idle while work waits. Where its own queue and the "
                    "shared one are empty it steals, also the only task of another.",
                    detail=_queues(scheduler),
                )
    scheduler = _scheduler(exercise, 3)
    outside = _task("outside")
    scheduler.put(None, outside)
    if outside in [task for queue in _own_queues(scheduler) for task in queue]:
        raise Broken(
            "A socket became ready, and its task was put on a processor's own queue: it comes from "
            "no processor. It belongs into the shared queue, where all look.",
            detail=_queues(scheduler),
        )
    if (taken := scheduler.take(2)) is not outside:
        raise Broken(
            f"One task stands in the shared queue, and processor 2, with nothing of its own, got "
            f"{taken}: it must look there."
        )


@promise("lesson.order", "Its own queue, then the shared one, then another's; each oldest first.")
def order(exercise, seed):
    scheduler = _scheduler(exercise, 2)
    first, second, other = _task("outside1"), _task("outside2"), _task("t1")
    scheduler.put(1, other)
    scheduler.put(None, first)
    scheduler.put(None, second)
    taken = [scheduler.take(0) for _ in range(3)]
    if taken[0] is other:
        raise Broken(
            "The queue of processor 0 was empty, one task stood in the queue of processor 1 and "
            "two in the shared one, and processor 0 stole. Stealing comes last: only where the "
            "shared queue is empty too."
        )
    if taken != [first, second, other]:
        raise Broken(
            f"{_names([first, second])} were put into the shared queue in this order, and "
            f"{other} stood in the queue of processor 1. Processor 0, with nothing of its own, got "
            f"{_names(taken)}: each queue gives out its oldest task first, and the shared one "
            "comes before another processor's."
        )
    mine = _named(2, "own")
    scheduler = _scheduler(exercise, 1)
    for task in mine:
        scheduler.put(0, task)
    scheduler.put(None, first)
    scheduler.put(None, second)
    if [scheduler.take(0), scheduler.take(0)] == [first, second]:
        raise Broken(
            "Processor 0 had tasks in its own queue, and at two calls, one after the other, it got "
            f"a task from the shared queue: that one comes first only at every {LOOK}th call. All "
            "processors share it, and each look makes the others wait."
        )


@promise("lesson.steal", "A thief takes half, and keeps what it does not run.")
def half(exercise, seed):
    for count in (2, 4, 5, 7):
        scheduler = _scheduler(exercise, 4)
        tasks = _named(count)
        for task in tasks:
            scheduler.put(3, task)
        ran = scheduler.take(1)
        told = f"Processor 3 had {_names(tasks)}, and processor 1 stole"
        if ran not in tasks:
            raise Broken(f"{told} and got {ran}.", detail=_queues(scheduler))
        _conserved(scheduler, [task for task in tasks if task is not ran], told)
        kept, left = len(scheduler.local[1]), len(scheduler.local[3])
        if scheduler.shared:
            raise Broken(
                f"{told}, and {_names(scheduler.shared)} went to the shared queue: the thief keeps "
                "what it stole, in its own.",
                detail=_queues(scheduler),
            )
        if ran in _standing(scheduler):
            raise Broken(f"{told}: it runs {ran}, which stands in a queue too: it would run twice.")
        if kept + 1 not in (count // 2, (count + 1) // 2):
            raise Broken(
                f"{told} {kept + 1} of the {count} and left {left}. A thief that takes one comes "
                "back for each, and one that takes all leaves the other idle; half is fair.",
                detail=_queues(scheduler),
            )
        if ran is not tasks[0]:
            raise Broken(
                f"{told} and runs {ran}: the oldest has waited longest.", detail=_queues(scheduler)
            )
        if set(scheduler.local[1]) != set(tasks[1 : kept + 1]):
            raise Broken(
                f"{told} {ran} and {_names(scheduler.local[1])}. It steals the older half: "
                f"{_names(tasks[: kept + 1])}.",
                detail=_queues(scheduler),
            )
        shown = _queues(scheduler)
        ran_next = [scheduler.take(1) for _ in range(kept)]
        if ran_next != tasks[1 : kept + 1]:
            raise Broken(
                f"{told} {_names(tasks[: kept + 1])}; it ran {ran}, and then {_names(ran_next)}. "
                "What it keeps stays in its order: the oldest first.",
                detail=shown,
            )


@promise("lesson.overflow", "A queue that is full gives half of itself to all.")
def overflow(exercise, seed):
    scheduler = _scheduler(exercise, 2)
    tasks = _named(PLACES + 1)
    for number, task in enumerate(tasks, 1):
        scheduler.put(0, task)
        length = len(scheduler.local[0])
        if number <= PLACES and length != number:
            raise Broken(
                f"{number} tasks were made on processor 0, and {length} stand in its queue, which "
                f"has {PLACES} places: nothing has to move yet.",
                detail=_queues(scheduler),
            )
        _conserved(scheduler, tasks[:number], f"{number} tasks were made on processor 0")
    if len(scheduler.local[0]) > PLACES:
        raise Broken(
            f"{len(scheduler.local[0])} tasks stand in a queue of {PLACES} places: one processor "
            "hoards what all could run.",
            detail=_queues(scheduler),
        )
    moved = len(scheduler.shared)
    if moved not in (PLACES // 2, PLACES // 2 + 1):
        raise Broken(
            f"A queue of {PLACES} was full, and {moved} went to the shared one: half goes there. "
            "With one at a time each further task would go through the queue of all.",
            detail=_queues(scheduler),
        )
    if tasks[0] not in scheduler.shared:
        raise Broken(
            f"A queue was full, and the younger half went to the shared one. The older half goes "
            f"there, {tasks[0]} with it, for it has waited longest.",
            detail=_queues(scheduler),
        )
    if tasks[-1] in scheduler.shared:
        raise Broken(
            f"A queue was full, and the new task, {tasks[-1]}, went to the shared one. The new one "
            "goes to the end of its processor's own queue, when the older half has moved.",
            detail=_queues(scheduler),
        )
    if set(scheduler.shared) != set(tasks[:moved]):
        raise Broken(
            f"A queue was full, and {_names(scheduler.shared)} went to the shared one. The older "
            f"half goes there: {_names(tasks[:moved])}.",
            detail=_queues(scheduler),
        )
    scheduler = _scheduler(exercise, 2)
    outside = _task("outside")
    scheduler.put(None, outside)
    for task in tasks:
        scheduler.put(0, task)
    shown = _queues(scheduler)
    taken = [scheduler.take(1) for _ in range(moved + 1)]
    if taken != [outside, *tasks[:moved]]:
        raise Broken(
            f"{outside} stood in the shared queue when {_names(tasks[:moved])} came there from a "
            f"full queue, and they were given out in this order: {_names(taken)}. What moves goes "
            "to the end of the shared queue, the oldest first.",
            detail=shown,
        )


@promise("lesson.fair", "A task in the shared queue is taken, however busy all are.")
def fair(exercise, seed):
    scheduler = _scheduler(exercise, 1)
    begin = [(0, _task("busy", 100)), (None, _task("a")), (None, _task("b"))]
    run = _play(scheduler, begin, processors=1)
    order = [step.name for step in run.steps]
    if not {"a", "b"} <= set(order):
        raise Broken("Two tasks came from outside, and one of them never ran.")
    first, second = order.index("a"), order.index("b")
    if second - first > LOOK or first >= 2 * LOOK:
        raise Broken(
            "A task that gives way again and again kept its processor's queue from ever being "
            f"empty, and two that came from outside ran only at ticks {first} and {second}: one "
            f"client that talks without a pause, and nobody else is heard. At every {LOOK}th call "
            "look into the shared queue first.",
            detail=run.table(1, 24),
        )
    if second - first < LOOK:
        raise Broken(
            f"Two that came from outside ran at ticks {first} and {second}, before one that stood "
            f"in the processor's own queue: the shared one comes first only at every {LOOK}th "
            "call. All processors share it, and each look makes the others wait.",
            detail=run.table(1, 24),
        )
    scheduler = _scheduler(exercise, 2)
    for call in range(1, 2 * LOOK + 1):
        task = _task(f"t{call}")
        scheduler.put(1, task)
        if scheduler.take(1) is not task:
            raise Broken(
                f"At call {call} the shared queue is looked at first and is empty, and take gave "
                "out nothing, though its own queue was not empty."
            )


@promise("lesson.each", "Each processor counts its own calls.")
def each_its_own(exercise, seed):
    scheduler = _scheduler(exercise, 2)
    for number in range(60):
        scheduler.put(None, _task(f"outside{number + 1}"))
    looks, calls = {0: [], 1: []}, Counter()
    for processor in [0, 0, 0, 1] * 15:
        if not scheduler.local[processor]:
            scheduler.put(processor, _task(f"own{sum(calls.values()) + 1}"))
        calls[processor] += 1
        if str(scheduler.take(processor)).startswith("outside"):
            looks[processor].append(calls[processor])
    for processor, at in looks.items():
        if not at or at != list(range(at[0], calls[processor] + 1, LOOK)):
            raise Broken(
                "Processor 0 called take three times as often as processor 1, and processor "
                f"{processor} got from the shared queue at its calls {_numbers(at)}. That should "
                f"be every {LOOK}th call of its own: count the calls of each processor apart."
            )


@promise("lesson.calls", "A call that finds nothing counts as well.")
def each_call(exercise, seed):
    at = {_look_at(exercise, found_nothing=count) % LOOK for count in range(3)}
    if len(at) > 1:
        raise Broken(
            f"Processor 0 looked first into the shared queue at another call when two of its calls "
            f"had found nothing before: count every call, for it is every {LOOK}th call of a "
            "processor that looks there."
        )


def _look_at(exercise, found_nothing):
    """Return at which call a processor, with tasks of its own, took one from the shared queue."""
    scheduler = _scheduler(exercise, 1)
    for _ in range(found_nothing):
        scheduler.take(0)
    for task in _named(PLACES, "own"):
        scheduler.put(0, task)
    outside = _task("outside")
    scheduler.put(None, outside)
    calls = found_nothing
    while calls < 4 * LOOK:
        calls += 1
        if scheduler.take(0) is outside:
            break
    return calls


def _numbers(numbers):
    return ", ".join(map(str, numbers)) or "none"


@promise("lesson.once", "In all that happens no task is lost, run twice or kept waiting.", seeds=40)
def all_of_it(exercise, seed):
    dice = random.Random(seed)
    processors = dice.choice((2, 3, 4))
    scheduler = _scheduler(exercise, processors)
    made = []

    def work(depth):
        for _ in range(dice.randint(1, 6)):
            wish = dice.choice((None, None, Wait(dice.randint(1, 6)), Call(dice.randint(2, 9))))
            if depth and len(made) < MOST_TASKS and dice.random() < 0.6:
                wish = Start(new(depth - 1))
            yield wish

    def new(depth):
        made.append(Task(f"t{len(made) + 1}", work(depth)))
        return made[-1]

    begin = [(dice.randrange(processors), new(3)) for _ in range(dice.randint(1, 14))]
    run = _play(scheduler, begin, processors=processors, look=lambda: _short(scheduler))
    if run.idle():
        step = run.idle()[0]
        raise Broken(
            f"At tick {step.tick} processor {step.processor} was idle while "
            f"{len(step.waiting)} tasks could run ({' '.join(step.waiting[:4])}).",
            detail=f"{run.table(processors, step.tick + 1)}\n{_queues(scheduler)}",
        )
    if run.unfinished:
        raise Broken(
            f"{' '.join(run.unfinished[:4])} never came to an end: taken out of a queue, or never "
            "put into one, and lost.",
            detail=_queues(scheduler),
        )


def _play(scheduler, begin, **more):
    try:
        return play(scheduler, begin, **more)
    except NotRunnable as error:
        raise Broken(
            f"{error.args[0]} was given to a processor, and could not run: it was running already, "
            "waited for a socket, or had ended. A task stands in one queue, and leaves it when it "
            "is taken."
        ) from None


def _short(scheduler):
    longest = max(map(len, _own_queues(scheduler)))
    if longest > PLACES:
        raise Broken(
            f"{longest} tasks stand in a queue of {PLACES} places: those that were taken from "
            "the shared one or stolen count too.",
            detail=_queues(scheduler),
        )
