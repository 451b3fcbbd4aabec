"""Two rounds compared: what changed in the environment, and a ratio for each cell of both. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from benchmarks.comparison import changes, scenario_rows
from benchmarks.results import Results
from benchmarks.summary import summarise


__all__ = ["Changed", "Part", "changed"]


@dataclass(frozen=True)
class Part:
    """One scenario of both rounds; ``counts`` says how many values are less, more or tied."""

    title: str
    counts: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Changed:
    """The comparison; ``environment`` has a line per difference."""

    environment: tuple[str, ...]
    parts: tuple[Part, ...]


def changed(before: Results, after: Results) -> Changed:
    """Compare two rounds."""
    older = {summary.scenario.name: summary for summary in summarise(before)}
    parts = []
    for summary in summarise(after):
        if summary.scenario.name in older:
            columns, rows = scenario_rows(older[summary.scenario.name], summary)
            if rows:
                words = Counter(row[-1].partition(":")[0] for row in rows)
                counts = ", ".join(f"{count} {word}" for word, count in words.items())
                parts.append(Part(summary.scenario.title, counts, columns, rows))
    return Changed(tuple(changes(before, after)), tuple(parts))
