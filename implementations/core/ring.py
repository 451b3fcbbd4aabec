"""Members in a ring, each of which gets its turn after the one before it.

Invariants:
  1. From any moment on, every member has had its turn after `len` turns more. So a
     newcomer takes the last turn of the round, wherever the round began.
  2. A member that was removed keeps its place until its turn comes, and is passed over then:
     no turn of the others moves to an earlier or a later number.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar


__all__ = ["Ring"]

T = TypeVar("T", bound=Hashable)


class Ring(Generic[T]):
    """A ring of members.

    Attributes:
        turns: how many turns there have been.
    """

    def __init__(self) -> None:
        self.turns = 0
        self._members: list[T] = []
        self._next = 0  # the index of the member whose turn is next
        self._removed: set[T] = set()  # and still in _members

    def __len__(self) -> int:
        return len(self._members)

    def insert(self, member: T) -> None:
        """Add a member; its first turn is the last of the round that begins now."""
        if self._next:
            self._members.insert(self._next, member)
            self._next += 1
        else:
            self._members.append(member)

    def remove(self, member: T) -> None:
        """Have a member passed over when its turn comes."""
        self._removed.add(member)

    def due(self, turns: int) -> list[T]:
        """Take at most ``turns`` turns, and return the members whose turns these are.

        Takes fewer where the list of members ends: the next call goes on at its beginning.
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
