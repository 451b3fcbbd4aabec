"""The form of a finding: one or two sentences, lists of names, and the claims that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.estimates import Interval
from benchmarks.sentences.claims import Claim


__all__ = ["NOTHING", "Finding", "Group", "name_few", "ratio_text", "span"]

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
    """What was found: a text of whole sentences, and groups below it.

    ``ties`` are the brackets of servers that are tied with each other, in words. ``claims`` hold
    everything that text, groups and ties say of two servers.
    """

    sentence: str
    groups: tuple[Group, ...] = ()
    claims: tuple[Claim, ...] = ()
    ties: tuple[Group, ...] = ()

    @classmethod
    def of(
        cls,
        sentence: str,
        groups: Iterable[tuple[str, Sequence[str]]],
        claims: Iterable[Claim] = (),
        ties: Iterable[tuple[str, Sequence[str]]] = (),
    ) -> Finding:
        """Make a finding; groups without items are left out."""
        return cls(
            sentence,
            tuple(Group(label, tuple(items)) for label, items in groups if items),
            tuple(dict.fromkeys(claims)),
            tuple(Group(label, tuple(items)) for label, items in ties if items),
        )


def name_few(names: Sequence[str]) -> str:
    """Join names as a sentence does; of more than three, name two and count the rest."""
    if len(names) > _FEW:
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def span(values: Sequence[str]) -> str:
    """Write the first and the last of some values as a range; as one value if they are equal."""
    return " to ".join(dict.fromkeys((values[0], values[-1])))


def ratio_text(ratio: Interval | None) -> str:
    """Return a ratio and its interval as text: ``1.21 (1.15-1.27)``, or a dash for None."""
    if ratio is None:
        return "-"
    if ratio.low == 0:  # too few processes for an interval
        return f"{_factor(ratio.middle)} (?)"
    return f"{_factor(ratio.middle)} ({_factor(ratio.low)}-{_factor(ratio.high)})"


def _factor(value: float) -> str:
    if 0 < value < 0.0995:
        return f"{value:.2g}"
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"
