"""Members in a ring: they get their turns one after the other, again and again.

Invariants:
  1. Whenever you look, every member gets a turn within the next ``len(ring)`` turns. A
     newcomer gets the last of them.
  2. A member that was removed stays in the ring until its turn comes, and is skipped then.
     So the turns of the other members keep their numbers.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar


__all__ = ["Ring"]

T = TypeVar("T", bound=Hashable)


class Ring(Generic[T]):
    """A ring of members.

    Attributes:
        turns: how many turns there were since the ring was made.
    """

    def __init__(self) -> None:
        self.turns = 0
        self._members: list[T] = []
        self._next = 0  # the index of the member whose turn is next
        self._removed: set[T] = set()  # removed, but still in _members

    def __len__(self) -> int:
        return len(self._members)

    def insert(self, member: T) -> None:
        """Add a member. All others get a turn before it does."""
        if self._next:
            self._members.insert(self._next, member)
            self._next += 1
        else:
            self._members.append(member)

    def remove(self, member: T) -> None:
        """Skip a member when its turn comes, and forget it then."""
        self._removed.add(member)

    def due(self, turns: int) -> list[T]:
        """Take the next turns, and return the members whose turns they are.

        Args:
            turns: how many at most. One call stops at the end of the list of members; the
                next call goes on at its beginning.
        """
        first = self._next
        due = self._members[first : first + turns]
        self.turns += len(due)
        if self._removed and not self._removed.isdisjoint(due):
            stay = [member for member in due if member not in self._removed]
            self._members[first : first + len(due)] = stay
            self._removed.difference_update(due)
            due = stay
        self._next = (first + len(due)) % max(1, len(self._members))
        return due
