"""A measurement, summed up: one cell for each scenario, point and server. Pure.

Only valid runs count. A server with an invalid run has no values at all: a server that loses
messages is not a fast server.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from benchmarks import estimates, ties
from benchmarks.estimates import Interval
from benchmarks.metrics import METRICS
from benchmarks.results import AGAIN, Results, Run, worst
from benchmarks.scenarios import KEPT_UP, SCENARIOS, Scenario
from benchmarks.trust import MAX_CROWDING, Verdict
from benchmarks.workload import Workload


__all__ = ["Cell", "Summary", "summarise"]


@dataclass(frozen=True)
class Cell:
    """One server at one point of a scenario."""

    server: str
    workload: Workload
    runs: tuple[Run, ...]

    @cached_property
    def valid(self) -> tuple[Run, ...]:
        """The runs that count; none when any is invalid."""
        if any(run.verdict == "invalid" for run in self.runs):
            return ()
        return tuple(run for run in self.runs if run.verdict == "valid")

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its runs; valid if more than half of the runs are valid."""
        verdicts = {run.verdict for run in self.runs}
        return "valid" if self.valid and len(self.valid) * 2 > len(self.runs) else worst(verdicts)

    @property
    def reason(self) -> str:
        """The reason of the first run that is not valid."""
        return next((run.reason for run in self.runs if run.verdict != "valid"), "")

    @property
    def behind(self) -> bool:
        """Whether messages were still missing at the end of some run."""
        return any(run.account is not None and run.account.behind for run in self.runs)

    @property
    def outrun(self) -> bool:
        """Whether fewer messages per second arrived than were said, so that a queue grew.

        Its latency then measures how long the run was, and nothing else.
        """
        achieved_hz, due_hz = self.value("achieved"), self.workload.rate_hz
        if achieved_hz is None or due_hz is None:
            return False
        return achieved_hz < KEPT_UP * due_hz

    @property
    def outcome(self) -> str:
        """The word beside its numbers: the verdict, or ``behind`` if it did not keep up.

        A server that lost messages is ``invalid``, even if it was late too.
        """
        if self.verdict == "invalid":
            return "invalid"
        return "behind" if self.outrun or (self.behind and not self.valid) else self.verdict

    @property
    def kept_up(self) -> bool:
        """Whether it has values that say something about the server, and not about a queue."""
        return bool(self.valid) and self.outcome not in ("behind", "invalid")

    @property
    def crowded(self) -> int:
        """How many runs were disturbed by other programs."""
        return sum(
            run.account is not None and run.account.crowding > MAX_CROWDING for run in self.runs
        )

    def values(self, metric: str) -> list[float]:
        """One number per valid run, in the order of the runs."""
        found = (METRICS[metric].of(run) for run in self.valid)
        return [float(value) for value in found if value is not None]

    def value(self, metric: str) -> float | None:
        """The median over processes."""
        values = self.values(metric)
        return float(np.median(values)) if values else None

    def text(self, metric: str) -> str:
        """The median, as a table shows it."""
        return METRICS[metric].text(self.value(metric))

    @cached_property
    def typical(self) -> Run | None:
        """The run of median cost, for charts that show a single run."""
        ranked = sorted(self.valid, key=lambda run: run.figures.cost_us if run.figures else 0.0)
        return ranked[(len(ranked) - 1) // 2] if ranked else None


@dataclass(frozen=True)
class Summary:
    """One scenario, summed up."""

    scenario: Scenario
    peer: str
    cells: tuple[Cell, ...]  # by point, and in each in the order of the servers
    counted: dict[str, float]  # by server: system calls per delivery, if they were counted

    @property
    def servers(self) -> list[str]:
        """Every server that was measured, without the repetition of one of them."""
        found = dict.fromkeys(cell.server for cell in self.cells)
        return [server for server in found if not server.endswith(AGAIN)]

    def at(self, workload: Workload) -> list[Cell]:
        """The cells of one point, without the repetition."""
        return [
            cell
            for cell in self.cells
            if cell.workload == workload and not cell.server.endswith(AGAIN)
        ]

    def of(self, server: str) -> list[Cell]:
        """One server's cells, one per point."""
        return [cell for cell in self.cells if cell.server == server]

    @property
    def shown(self) -> list[Cell]:
        """The cells of the first point that have values: what a chart of one point shows."""
        return [cell for cell in self.at(self.cells[0].workload) if cell.valid]

    @property
    def missing(self) -> list[Cell]:
        """Cells without values, and cells with runs that do not count."""
        return [
            cell
            for cell in self.cells
            if not cell.server.endswith(AGAIN) and len(cell.valid) < len(cell.runs)
        ]

    def to_peer(self, cell: Cell, metric: str) -> Interval | None:
        """A server's value over the peer's at the same point; None for the peer itself."""
        other = next(
            (one for one in self.at(cell.workload) if one.server == self.peer and one is not cell),
            None,
        )
        return None if other is None else self.ratio(metric, cell, other)

    def ratio(self, metric: str, one: Cell, other: Cell) -> Interval | None:
        """The ratio of two cells' values; None if one of them has none."""
        ours, theirs = one.values(metric), other.values(metric)
        return _ratio(tuple(ours), tuple(theirs)) if ours and theirs and min(theirs) > 0 else None

    def noise(self, metric: str) -> Interval | None:
        """The ratio of the server that was measured twice to itself.

        None if there is no such server, or if it has too few processes for an interval.
        """
        for again in self.cells:
            if again.server.endswith(AGAIN):
                first = self.of(again.server.removesuffix(AGAIN))[0]
                ours, theirs = again.values(metric), first.values(metric)
                found = _ratio(tuple(ours), tuple(theirs)) if ours and theirs else None
                return found if found and found.low > 0 else None
        return None

    def ranked(self, metric: str, cells: Sequence[Cell]) -> list[Cell]:
        """The cells that have a value, the lowest first."""
        return sorted(
            (cell for cell in cells if cell.value(metric) is not None),
            key=lambda cell: cell.value(metric) or 0.0,
        )

    def tied(self, metric: str, cells: Sequence[Cell]) -> list[Cell]:
        """The best of ``cells`` and every cell that is tied with it, best first."""
        ranked = self.ranked(metric, cells)
        if not ranked:
            return []
        return [
            ranked[0],
            *(cell for cell in ranked[1:] if not self.differ(metric, ranked[0], cell)),
        ]

    def brackets(self, metric: str, cells: Sequence[Cell]) -> list[list[Cell]]:
        """The ties among ``cells``: groups in which every two are tied, the lowest first.

        A tie is not transitive, so a server can stand in several groups.
        """
        return ties.brackets(
            self.ranked(metric, cells), lambda one, other: not self.differ(metric, one, other)
        )

    def letters(self, metric: str, cells: Sequence[Cell]) -> dict[str, str]:
        """By server: its letters. Two servers are tied if and only if they share a letter."""
        ranked = self.ranked(metric, cells)
        named = ties.letters(ranked, lambda one, other: not self.differ(metric, one, other))
        return {cell.server: letters for cell, letters in zip(ranked, named, strict=True)}

    def differ(self, metric: str, one: Cell, other: Cell) -> bool:
        """Whether two servers differ; if not, they are tied. The order of the two is irrelevant.

        They differ if the interval of their ratio leaves out 1, and the ratio is further from 1
        than the ratio of equal servers may be: `noise_width`.
        """
        ours, theirs = one.values(metric), other.values(metric)
        if not ours or not theirs or min(*ours, *theirs) <= 0:
            return False
        ratio = _ratio(tuple(ours), tuple(theirs))
        return not ratio.holds(1.0) and abs(math.log(ratio.middle)) > self.noise_width(metric)

    def noise_width(self, metric: str) -> float:
        """How far the interval of a server's ratio to itself reaches from 1, on a log scale.

        0 if no server was measured twice. The two halves of that pair could have been named the
        other way round, so the further end of the interval counts in both directions.
        """
        noise = self.noise(metric)
        return max(abs(math.log(noise.low)), abs(math.log(noise.high))) if noise else 0.0


@lru_cache(maxsize=4096)
def _ratio(ours: tuple[float, ...], theirs: tuple[float, ...]) -> Interval:
    return estimates.ratio(ours, theirs)


def summarise(results: Results) -> list[Summary]:
    """Return a summary for each scenario, in the order in which they were measured."""
    summaries = []
    for name in results.scenarios:
        by_cell: dict[tuple[str, Workload], list[Run]] = {}
        for run in results.of(name):
            by_cell.setdefault((run.server, run.workload), []).append(run)
        cells = tuple(
            Cell(server, workload, tuple(runs)) for (server, workload), runs in by_cell.items()
        )
        scenario = SCENARIOS[name]
        if scenario.between:  # these steps are measured last, and stand between the others
            cells = tuple(sorted(cells, key=lambda cell: float(scenario.value(cell.workload))))
        counted = {
            run.server: run.account.syscalls / (run.workload.messages * run.workload.listeners)
            for run in results.runs
            if run.scenario == name and not run.process and run.account and run.account.syscalls
        }
        if cells:
            summaries.append(Summary(scenario, results.peer, cells, counted))
    return summaries
