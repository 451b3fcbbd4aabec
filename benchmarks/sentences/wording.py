"""The form of a finding: one or two sentences, and lists of names that would make them too long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


__all__ = ["NOTHING", "Finding", "Group", "name_few", "span"]

_FEW = 3  # more names than this make a sentence hard to read

NOTHING = "There are too few valid runs to say anything."


@dataclass(frozen=True)
class Group:
    """A line below a finding: a label, and the servers or values to which it applies."""

    label: str
    items: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.label}: {', '.join(self.items)}"


@dataclass(frozen=True)
class Finding:
    """What was found: a text of whole sentences, and groups below it."""

    sentence: str
    groups: tuple[Group, ...] = ()

    @classmethod
    def of(cls, sentence: str, groups: Iterable[tuple[str, Sequence[str]]]) -> Finding:
        """Make a finding; groups without items are left out."""
        return cls(sentence, tuple(Group(label, tuple(items)) for label, items in groups if items))


def name_few(names: Sequence[str]) -> str:
    """Join names as a sentence does; of more than three, name two and count the rest."""
    if len(names) > _FEW:
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def span(values: Sequence[str]) -> str:
    """Write the first and the last of some values as a range; as one value if they are equal."""
    return " to ".join(dict.fromkeys((values[0], values[-1])))
