"""Dicts of an exercise that note which thread or task looked into them and changed them, and where.

They behave as dicts do. So a check can tell whether the owner alone touches its map, and whether a
map changed under a walk by the walking code itself or by another one.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hubbub.learning.controlled import holding, me
from hubbub.learning.schedule import Place, place_of


__all__ = ["Touch", "Watched", "watch_maps"]

_ONE_REFERENCE = 4  # the attribute, the list that is walked here, the loop, the count itself
_READS: tuple[str, ...] = (
    "__getitem__",
    "__contains__",
    "__iter__",
    "__len__",
    "__reversed__",
    "get",
    "keys",
)
_READS += ("values", "items", "copy")
_CHANGES: tuple[str, ...] = (
    "__setitem__",
    "__delitem__",
    "pop",
    "popitem",
    "clear",
    "update",
    "setdefault",
)


@dataclass(frozen=True)
class Touch:
    """One look into a map, or one change of it: by whom, where, and whether with a lock."""

    by: str
    place: Place | None
    locked: bool


class Watched(dict[Any, Any]):
    """A dict that notes the first look of each thread or task, and the last change.

    Attributes:
        looks: the first look or change by each.
        changed: the last change.
    """

    looks: dict[str, Touch]
    changed: Touch | None

    def __init__(self, values: dict[Any, Any]) -> None:
        super().__init__(values)
        self.looks = {}
        self.changed = None

    def note(self, *, changes: bool) -> None:
        """Note that the code which runs touches this map."""
        by = _who()
        if changes or by not in self.looks:
            touch = Touch(by, place_of(sys._getframe(2)), bool(holding()))
            self.looks.setdefault(by, touch)
            self.changed = touch if changes else self.changed


def _who() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return me()
    return task.get_name() if task else me()


def _noting(name: str, changes: bool) -> Callable[..., Any]:
    original = getattr(dict, name)

    def touched(self: Watched, *given: Any, **named: Any) -> Any:
        self.note(changes=changes)
        return original(self, *given, **named)

    return touched


for _name in _READS:
    setattr(Watched, _name, _noting(_name, changes=False))
for _name in _CHANGES:
    setattr(Watched, _name, _noting(_name, changes=True))


def watch_maps(thing: Any) -> list[Watched]:
    """Put a watched map in the place of each dict that an object holds, and nothing else does."""
    found = []
    for name, value in list(getattr(thing, "__dict__", {}).items()):
        if type(value) is dict and sys.getrefcount(value) <= _ONE_REFERENCE:
            found.append(Watched(value))
            vars(thing)[name] = found[-1]
    return found
