"""Servers ranked by a metric: the ends of a range, the sides of the peer, and the ties.

Every function returns its claims beside its words. Servers that are tied are never ranked.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from benchmarks import estimates
from benchmarks.sentences.claims import Claim, claim
from benchmarks.sentences.wording import NOTHING, Finding, ratio_text, span
from benchmarks.summary import Cell, Summary


__all__ = ["TOO_FEW", "comparable", "ends", "ranked"]

TOO_FEW = (
    f"With fewer than {estimates.MIN_PROCESSES} processes per server, differences cannot be told "
    "from noise."
)
_FEW = 2  # names of tied servers that fit into a sentence


def comparable(metric: str, cells: Sequence[Cell]) -> bool:
    """Return whether each of ``cells`` has enough processes for a comparison."""
    return all(len(cell.values(metric)) >= estimates.MIN_PROCESSES for cell in cells)


def ends(
    summary: Summary, metric: str, cells: Sequence[Cell], unit: str
) -> tuple[str, list[Claim]]:
    """Return the range of a metric in words, with the server at each end and its ties, and claims.

    No server is named if too few processes were measured, or if no two servers differ. ``cells``
    are at one point; the text is empty if none has a value.
    """
    ranked = summary.ranked(metric, cells)
    if not ranked:
        return "", []
    values = span([f"{cell.text(metric)} {unit}".rstrip() for cell in ranked])
    if len(ranked) == 1:
        return f"{values} ({ranked[0].server})", []
    if not comparable(metric, ranked):
        return values, []
    pairs = [claim(summary, metric, one, other) for one, other in combinations(ranked, 2)]
    if all(one.direction == "level" for one in pairs):
        return f"{values} (no two servers can be told apart)", pairs
    low, high = ranked[0], ranked[-1]
    said = " to ".join(
        f"{cell.text(metric)} {unit}".rstrip() + f" ({_named(summary, metric, cell, ranked)})"
        for cell in (low, high)
    )
    named = {low.server, high.server}
    return said, [one for one in pairs if named & {one.server, one.peer}]


def ranked(
    summary: Summary, metric: str, verb: str, unit: str, cells: Sequence[Cell] | None = None
) -> Finding:
    """Say the range of a metric; group servers by their side of the peer, and tied servers.

    ``cells`` are the cells to rank, at one point; by default all that are shown.
    """
    order = summary.ranked(metric, summary.shown if cells is None else cells)
    if not order:
        return Finding(NOTHING)
    text, claims = ends(summary, metric, order, unit)
    said = f"{verb} {text}."
    if len(order) == 1:
        return Finding(said)
    if not comparable(metric, order):
        return Finding(f"{said} {TOO_FEW}")
    groups: list[tuple[str, Sequence[str]]] = []
    ties: list[tuple[str, Sequence[str]]] = []
    peer = next((cell for cell in order if cell.server == summary.peer), None)
    if peer:
        sides: dict[str, list[str]] = {"lower": [], "level": [], "higher": []}
        for cell in order:
            if cell is peer:
                continue
            found = claim(summary, metric, cell, peer)
            claims.append(found)
            ratio = ratio_text(summary.to_peer(cell, metric))
            sides[found.direction].append(f"{cell.server} {ratio}")
        groups = [
            (f"lower than {summary.peer} (ratio)", sides["lower"]),
            (f"tied with {summary.peer} (ratio)", sides["level"]),
            (f"higher than {summary.peer} (ratio)", sides["higher"]),
        ]
    for group in summary.brackets(metric, order):
        claims += [claim(summary, metric, one, other) for one, other in combinations(group, 2)]
        values = span([cell.text(metric) for cell in group])
        ties.append((f"tied at {values} {unit}", [cell.server for cell in group]))
    return Finding.of(said, groups, claims, ties)


def _named(summary: Summary, metric: str, cell: Cell, cells: Sequence[Cell]) -> str:
    """Return a server's name, and how many others it is tied with."""
    tied = [
        other.server
        for other in cells
        if other is not cell and not summary.differ(metric, cell, other)
    ]
    if not tied:
        return cell.server
    if len(tied) > _FEW:
        return f"{cell.server}, tied with {len(tied)} others"
    return f"{cell.server}, tied with {' and '.join(tied)}"
