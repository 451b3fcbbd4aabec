"""Ties between servers, as brackets: groups of servers of which every two are tied. Pure.

A tie is not transitive: a can be tied with b, and b with c, while a and c differ. So a server can
stand in several brackets, as a treatment has several letters in a compact letter display. Two
servers are tied if and only if they share a bracket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import TypeVar


__all__ = ["brackets", "letters"]

T = TypeVar("T")


def brackets(items: Sequence[T], tied: Callable[[T, T], bool]) -> list[list[T]]:
    """Return the brackets of ``items``, each in the order of ``items`` and with at least two.

    Every two tied items share a bracket, and every two items of a bracket are tied. Each bracket
    is as large as it can be, and none can be left out. ``tied`` must be symmetric.
    """
    near: dict[int, set[int]] = {place: set() for place in range(len(items))}
    for one, other in combinations(near, 2):
        if tied(items[one], items[other]):
            near[one].add(other)
            near[other].add(one)
    found = sorted(_cliques(set(), set(near), set(), near), key=lambda one: (len(one), one))
    kept = [one for one in found if len(one) > 1]
    for small in list(kept):  # the smallest first: larger brackets often cover all its pairs
        others = [set(one) for one in kept if one is not small]
        if all(any({*pair} <= one for one in others) for pair in combinations(small, 2)):
            kept.remove(small)
    return [[items[place] for place in one] for one in sorted(kept)]


def letters(items: Sequence[T], tied: Callable[[T, T], bool]) -> list[str]:
    """Return the letters of each item; two items are tied if and only if they share a letter.

    An item that is tied with no other has a letter of its own.
    """
    found = brackets(items, tied)
    groups = [*found, *([item] for item in items if not any(item in one for one in found))]
    groups.sort(key=lambda group: items.index(group[0]))
    names = [_letter(number) for number in range(len(groups))]
    return [
        "".join(name for name, group in zip(names, groups, strict=True) if item in group)
        for item in items
    ]


def _cliques(
    chosen: set[int], open_: set[int], done: set[int], near: dict[int, set[int]]
) -> Iterator[list[int]]:
    """Yield the largest sets of items that are all tied (Bron and Kerbosch, with a pivot)."""
    if not open_ and not done:
        yield sorted(chosen)
        return
    pivot = max(sorted(open_ | done), key=lambda place: len(near[place] & open_))
    for place in sorted(open_ - near[pivot]):
        yield from _cliques(chosen | {place}, open_ & near[place], done & near[place], near)
        open_ = open_ - {place}
        done = done | {place}


def _letter(number: int) -> str:
    """Return a, b, ..., z, A, ..., Z, and then other single characters."""
    if number < 26:
        return chr(ord("a") + number)
    return chr(ord("A") + number - 26) if number < 52 else chr(0x100 + number)
