"""Containers of an exercise that note which thread or task looked into them or changed them.

They behave as dicts, lists, sets and deques do. So a check can tell whether the owner alone touches
what it owns, and whether a map changed under a walk by the walking code itself or by another one.
"""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hubbub.learning.controlled import holding, me
from hubbub.learning.schedule import Place, place_of


__all__ = ["Touch", "Watched", "attributes", "watch_maps"]

_ONE_REFERENCE = 4  # the attribute, the list that is walked here, the loop, the count itself
_DEEPEST = 2  # objects of the exercise in objects of the exercise
_READS: tuple[str, ...] = (
    *("__getitem__", "__contains__", "__iter__", "__len__", "__reversed__", "get", "keys"),
    *("values", "items", "copy", "index", "count", "issubset", "issuperset", "union"),
)
_CHANGES: tuple[str, ...] = (
    *("__setitem__", "__delitem__", "pop", "popitem", "clear", "update", "setdefault"),
    *("append", "appendleft", "popleft", "extend", "insert", "remove", "discard", "add"),
    *("__iadd__", "move_to_end", "rotate"),
)


@dataclass(frozen=True)
class Touch:
    """One look into a container, or one change of it: by whom, where, and whether with a lock."""

    by: str
    place: Place | None
    locked: bool


class Watched:
    """A container that notes the first look of each thread or task, and the last change.

    Attributes:
        looks: the first look or change by each.
        changed: the last change.
        changers: each that changed it.
    """

    looks: dict[str, Touch]
    changed: Touch | None
    changers: set[str]

    def note(self, *, changes: bool) -> None:
        """Note that the code which runs touches this container."""
        if "looks" not in vars(self):  # a copy
            _begin(self)
        by = _who()
        if changes or by not in self.looks:
            touch = Touch(by, place_of(sys._getframe(2)), bool(holding()))
            self.looks.setdefault(by, touch)
            self.changed = touch if changes else self.changed
        if changes:
            self.changers.add(by)


def _begin(watched: Watched) -> None:
    watched.looks, watched.changed, watched.changers = {}, None, set()


def _who() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return me()
    return task.get_name() if task else me()


def _noting(original: Callable[..., Any], changes: bool) -> Callable[..., Any]:
    def touched(self: Watched, *given: Any, **named: Any) -> Any:
        self.note(changes=changes)
        return original(self, *given, **named)

    return touched


def _watching(kind: type) -> type:
    """Return a class of watched containers that are of a kind otherwise."""
    members = {
        name: _noting(getattr(kind, name), name in _CHANGES)
        for name in (*_READS, *_CHANGES)
        if hasattr(kind, name)
    }
    return type(f"Watched{kind.__name__}", (Watched, kind), members)


_KINDS: dict[type, type] = {
    kind: _watching(kind) for kind in (dict, OrderedDict, defaultdict, list, set, deque)
}


def _watched(value: Any) -> Watched:
    kind = type(value)
    if kind is defaultdict:
        watched = _KINDS[kind](value.default_factory, value)
    elif kind is deque:
        watched = _KINDS[kind](value, value.maxlen)
    else:
        watched = _KINDS[kind](value)
    _begin(watched)
    return watched  # type: ignore[no-any-return]


def attributes(thing: Any) -> dict[str, Any]:
    """Return the attributes of an object by name: those in slots, too."""
    held = {}
    for kind in type(thing).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(thing, name):
                held[name] = getattr(thing, name)
    return held | dict(getattr(thing, "__dict__", {}))


def watch_maps(thing: Any) -> list[Watched]:
    """Put a watched container in the place of each that an object holds, and nothing else does."""
    return list(_watch(thing, _DEEPEST))


def _watch(thing: Any, deepest: int) -> Iterator[Watched]:
    for name, value in list(attributes(thing).items()):
        if type(value) in _KINDS and sys.getrefcount(value) <= _ONE_REFERENCE:
            watched = _watched(value)
            try:
                setattr(thing, name, watched)
            except (AttributeError, TypeError):  # a frozen dataclass, a private slot
                continue
            yield watched
        elif deepest and type(value).__module__ == "exercise":
            yield from _watch(value, deepest - 1)
