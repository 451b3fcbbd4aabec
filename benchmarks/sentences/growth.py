"""Where each server leaves its line as the room grows, and as messages grow.

A server's line is what a delivery costs it in a small case: with 100 clients, or with the shortest
messages. It leaves its line at the first point where a delivery costs at least `LEAVES` times as
much, and where its two values differ (`Summary.differ`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks import estimates
from benchmarks.sentences.claims import Claim, claim
from benchmarks.sentences.wording import Finding, ratio_text
from benchmarks.summary import Cell, Summary


__all__ = ["LEAVES", "leaving", "rooms"]

LEAVES = 1.25  # times the cost on the line
_FROM_CLIENTS = 100  # with fewer, the fixed cost of a message counts


def rooms(summaries: Sequence[Summary]) -> Summary | None:
    """Return all numbers of clients as one scenario: scaling, and crowd if it was measured."""
    by_name = {summary.scenario.name: summary for summary in summaries}
    scaling, crowd = by_name.get("scaling"), by_name.get("crowd")
    if scaling is None or crowd is None:
        return scaling
    return replace(scaling, cells=scaling.cells + crowd.cells)


def leaving(server: str, room: Summary | None, sizes: Summary | None) -> Finding:
    """Say in one sentence where a server leaves its line.

    The text is empty if fewer than three processes were measured at each point.
    """
    parts: list[str] = []
    claims: list[Claim] = []
    for summary, grown, words in (
        (room, "As the room grows", "clients"),
        (sizes, "as messages grow", "bytes"),
    ):
        if summary is None:
            continue
        said, more = _part(summary, server, words)
        if said:
            parts.append(f"{grown if not parts else grown[0].lower() + grown[1:]}, {said}")
            claims += more
    if not parts:
        return Finding("")
    text = "; ".join(parts)
    return Finding.of(f"{text[0].upper()}{text[1:]}.", [], claims)


def _part(summary: Summary, server: str, unit: str) -> tuple[str, list[Claim]]:
    cells = sorted(
        (cell for cell in summary.of(server) if cell.value("cost") is not None),
        key=lambda cell: _place(summary, cell),
    )
    if unit == "clients":
        cells = [cell for cell in cells if cell.workload.clients >= _FROM_CLIENTS]
    if len(cells) < 2:
        return "", []
    line, *grown = cells
    at = f"{_place(summary, line):,g} {unit}"
    enough = [
        cell
        for cell in grown
        if min(len(cell.values("cost")), len(line.values("cost"))) >= estimates.MIN_PROCESSES
    ]
    if not enough:
        return "", []
    for cell in enough:
        ratio = summary.ratio("cost", cell, line)
        found = claim(summary, "cost", cell, line)
        if ratio is not None and ratio.middle >= LEAVES and found.direction == "higher":
            return (
                f"it leaves its line at {_place(summary, cell):,g} {unit}: a delivery costs "
                f"{ratio_text(ratio)} times as much as with {at}"
            ), [found]
    return f"it stays on its line up to {_place(summary, enough[-1]):,g} {unit}", []


def _place(summary: Summary, cell: Cell) -> float:
    return float(getattr(cell.workload, summary.scenario.axis))
