"""Lesson 11, solved: own queue first, and no processor idle while a task waits anywhere."""

from __future__ import annotations

from collections import deque


PLACES = 8  # in Go 256
LOOK = 5  # in Go 61


class Scheduler:
    """Gives tasks to processors, which are numbered from 0."""

    def __init__(self, processors) -> None:
        self.local = [deque() for _ in range(processors)]
        self.shared = deque()
        self._calls = [0] * processors

    def put(self, processor, task):
        """Add a task that can run."""
        if processor is None:
            self.shared.append(task)
            return
        mine = self.local[processor]
        if len(mine) >= PLACES:
            self.shared.extend(_older_half(mine))
        mine.append(task)

    def take(self, processor):
        """Return the task that a processor runs now; None when there is none."""
        mine = self.local[processor]
        self._calls[processor] += 1
        if self.shared and self._calls[processor] % LOOK == 0:
            return self.shared.popleft()
        if mine:
            return mine.popleft()
        if self.shared:
            return self.shared.popleft()
        mine.extend(self._stolen_for(processor))
        return mine.popleft() if mine else None

    def _stolen_for(self, processor):
        """Take the older half of the next queue that is not empty."""
        count = len(self.local)
        for distance in range(1, count):
            other = self.local[(processor + distance) % count]
            if other:
                return _older_half(other)
        return []


def _older_half(queue):
    """Take the older half out of a queue, rounded up."""
    return [queue.popleft() for _ in range((len(queue) + 1) // 2)]
