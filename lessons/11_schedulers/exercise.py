"""Lesson 11: which processor runs which task?

A few processors run many tasks. Each processor has its own queue, `local`, and all of
them share one more, `shared`. Every task is in one of these queues, or is running.

    put(processor, task)   the task can run: it was created on this processor, or has
                           paused there. Put it at the end of the processor's own queue.
                           If that queue holds PLACES tasks already, first move its older
                           half to the shared queue. `processor` is None for a task that
                           comes from outside, because a socket became ready: put it into
                           the shared queue.
    take(processor)        return the task that this processor runs now, oldest first:
                             from its own queue;
                             if that is empty, from the shared queue;
                             if that is empty too, steal the older half of another
                             processor's queue (if it holds one task, that task), return
                             the oldest and keep the others in the processor's own queue.
                           Return None only when all queues are empty.
                           At every LOOKth call for a processor, look into the shared
                           queue *first*; otherwise a task there might wait for ever.

No other code runs between two lines of these methods: no locks are needed.

Judge it with `hubbub check 11`; `hubbub check 11 --hint` helps.
"""

from __future__ import annotations

from collections import deque


PLACES = 8  # in Go 256
LOOK = 5  # in Go 61


class Scheduler:
    """Gives tasks to processors, which are numbered from 0."""

    def __init__(self, processors) -> None:
        self.local = [deque() for _ in range(processors)]
        self.shared = deque()

    def put(self, processor, task):
        """Add a task that can run."""
        # TODO: a task from outside, and a task for which the queue has no place.
        self.local[processor or 0].append(task)

    def take(self, processor):
        """Return the task that a processor runs now; None when there is none."""
        # TODO: this processor is idle while others have more tasks than they can run.
        mine = self.local[processor]
        return mine.popleft() if mine else None
