"""Two simple schedulers: one queue per processor, or one queue that all processors share."""

from __future__ import annotations

from collections import deque


class OwnQueues:
    def __init__(self, processors):
        self.local = [deque() for _ in range(processors)]

    def put(self, processor, task):
        self.local[processor or 0].append(task)

    def take(self, processor):
        mine = self.local[processor]
        return mine.popleft() if mine else None


class OneQueue:
    asked = 0  # how often a processor needed the shared queue

    def __init__(self, processors):
        self.shared = deque()

    def put(self, processor, task):
        self.asked += 1
        self.shared.append(task)

    def take(self, processor):
        self.asked += 1
        return self.shared.popleft() if self.shared else None
