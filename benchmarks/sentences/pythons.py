"""What another Python changes: each server against itself on the default Python."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.sentences.claims import Claim, claim
from benchmarks.sentences.rankings import TOO_FEW, comparable
from benchmarks.sentences.wording import NOTHING, Finding, ratio_text
from benchmarks.summary import Cell, Summary


__all__ = ["default_python", "say_pythons", "word"]

_WHAT = {"cost": "the cost of a delivery", "p99": "the p99"}
_WORDS = {"lower": "less", "level": "tied", "higher": "more"}


def default_python(summary: Summary) -> str:
    """Return the name of the Python that the others are compared with: it is measured first."""
    return summary.cells[0].workload.python


def word(found: Claim) -> str:
    """Return a claim in one word: less, tied or more."""
    return _WORDS[found.direction]


def say_pythons(summary: Summary, metric: str) -> Finding:
    """Say by Python how many servers have a lower value than on the default one, and which."""
    default = default_python(summary)
    others = list(dict.fromkeys(cell.workload.python for cell in summary.cells))[1:]
    if not others:
        return Finding(f"There is only Python {default} here, so nothing can be compared.")
    said, groups, claims = [], [], []
    for name in others:
        pairs = list(_pairs(summary, name))
        found = [(claim(summary, metric, one, base), one, base) for one, base in pairs]
        claims += [pair[0] for pair in found]
        counts = {
            direction: sum(pair[0].direction == direction for pair in found) for direction in _WORDS
        }
        if not found:
            continue
        said.append(
            f"On Python {name}, {_WHAT[metric]} is lower than on {default} for {counts['lower']} "
            f"of {len(found)} servers, higher for {counts['higher']}, and tied for "
            f"{counts['level']}."
        )
        for direction in ("lower", "higher"):
            items = [
                f"{one.server} {ratio_text(summary.ratio(metric, one, base))}"
                for pair, one, base in found
                if pair.direction == direction
            ]
            groups.append((f"{direction} on {name} than on {default} (ratio)", items))
    if said and not comparable(metric, [cell for cell in summary.cells if cell.kept_up]):
        said.append(TOO_FEW)
    return Finding.of(" ".join(said) or NOTHING, groups, claims)


def _pairs(summary: Summary, name: str) -> Iterator[tuple[Cell, Cell]]:
    """Yield each server's cell on one Python, and the same server's cell on the default one."""
    default = default_python(summary)
    for server in summary.servers:
        by_python = {cell.workload.python: cell for cell in summary.of(server)}
        one, base = by_python.get(name), by_python.get(default)
        if one is not None and base is not None and one.kept_up and base.kept_up:
            yield one, base
