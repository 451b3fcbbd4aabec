"""Lesson 11: who runs what?

A few processors run many tasks. Each processor has a queue of its own, `local`, and all
together have one more, `shared`. Every task stands in one of them, or is being run.

    put(processor, task)   the task can run: it was made on this processor, or has given
                           way there. It goes to the end of the processor's own queue; where
                           PLACES stand in that already, the older half of it goes to the
                           shared one first. `processor` is None for a task that comes from
                           outside, because a socket became ready: it goes to the shared queue.
    take(processor)        gives out the task that this processor runs now, oldest first:
                             from its own queue;
                             where that is empty, from the shared one;
                             where that is empty too, it steals the older half of another
                             processor's queue (of one task, that one), runs the oldest and
                             keeps the others in its own.
                           None only when nothing stands anywhere.
                           At every LOOKth call for a processor it looks into the shared
                           queue *first*, or who stands there might wait for ever.

Nothing runs between two lines of these methods: no locks are needed.

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
        """Take in a task that can run."""
        # TODO: one from outside, and one too many.
        self.local[processor or 0].append(task)

    def take(self, processor):
        """Give out the task that a processor runs now; None when there is none."""
        # TODO: it stands idle here while others have more than they can run.
        mine = self.local[processor]
        return mine.popleft() if mine else None
