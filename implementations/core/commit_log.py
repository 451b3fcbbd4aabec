"""What was said to everyone and has not reached everyone yet: one log for all members.

Each item has a place: 0 for the first item ever appended, 1 for the next, and so on. A
member remembers one place: that of the item that it gets next. So each member costs one
number, however many items wait for it.

The log keeps an item until every member has had a turn since the item was appended. The
ring counts the turns (ring.py).

Invariants:
  1. An item keeps its place for as long as it is in the log.
  2. Only the oldest items are dropped.
"""

from __future__ import annotations

from collections import deque

from implementations.core.group import Item


__all__ = ["CommitLog"]


class CommitLog:
    """The items that some member may still need, in the order in which they were appended."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._begin = 0  # the place of the first item
        self._last_turns: deque[int] = deque()  # for each item, the turn after which all have it

    def __len__(self) -> int:
        return len(self._items)

    @property
    def end(self) -> int:
        """The place that the next item will get."""
        return self._begin + len(self._items)

    @property
    def last_turn(self) -> int:
        """The turn after which every member has every item. The log must not be empty."""
        return self._last_turns[-1]

    def append(self, item: Item, last_turn: int) -> None:
        """Add an item at `end`.

        Args:
            last_turn: the number of the turn after which every member has the item; not less
                than that of the item before it.
        """
        self._items.append(item)
        self._last_turns.append(last_turn)

    def since(self, place: int, until: int | None = None) -> list[Item]:
        """Return the items from ``place`` on, to the end or up to the place ``until``."""
        end = None if until is None else until - self._begin
        return self._items[place - self._begin : end]

    def trim(self, turns: int) -> None:
        """Drop the items that every member has after so many turns."""
        dropped = 0
        while self._last_turns and self._last_turns[0] <= turns:
            self._last_turns.popleft()
            dropped += 1
        del self._items[:dropped]
        self._begin += dropped
