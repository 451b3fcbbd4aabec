"""What the runs of a measurement come to: a cell for each scenario, point and server. Pure.

Only valid runs count. A server with an invalid run has no values at all: a broadcast that loses
messages is not a fast broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks import measure
from benchmarks.deliveries import MAX_CROWDING
from benchmarks.measure import Interval
from benchmarks.metrics import METRICS
from benchmarks.results import AGAIN, Results, Run, worst
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.workload import Verdict, Workload


__all__ = ["Cell", "Summary", "summarise"]

_KEPT_UP = 0.9  # of the rate; a p99 of a tenth of the run is no latency but a queue that grows


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
        """The worst of its runs, except that a crowded one made up for does no harm."""
        verdicts = {run.verdict for run in self.runs}
        return "valid" if self.valid and len(self.valid) * 2 > len(self.runs) else worst(verdicts)

    @property
    def reason(self) -> str:
        """Why the first run that is not valid is not."""
        return next((run.reason for run in self.runs if run.verdict != "valid"), "")

    @property
    def behind(self) -> bool:
        """Whether some run had not everything in time after its last message."""
        return any(run.account is not None and run.account.behind for run in self.runs)

    @property
    def outrun(self) -> bool:
        """Whether fewer messages a second arrived than were said: a queue grew to the end.

        What a delivery then takes says how long the run was, and nothing else.
        """
        achieved_hz, due_hz = self.value("achieved"), self.workload.rate_hz
        if achieved_hz is None or due_hz is None:
            return False
        return achieved_hz < _KEPT_UP * due_hz

    @property
    def outcome(self) -> str:
        """What stands beside its numbers: the verdict, or ``behind`` where it did not keep up.

        A server that lost something is ``invalid``, however late it was.
        """
        if self.verdict == "invalid":
            return "invalid"
        return "behind" if self.outrun or (self.behind and not self.valid) else self.verdict

    @property
    def crowded(self) -> int:
        """Runs that other programs spoilt."""
        return sum(
            run.account is not None and run.account.crowding > MAX_CROWDING for run in self.runs
        )

    def values(self, metric: str) -> list[float]:
        """One number a valid process, in the order they were made."""
        found = (METRICS[metric].of(run) for run in self.valid)
        return [float(value) for value in found if value is not None]

    def value(self, metric: str) -> float | None:
        """The median over processes."""
        values = self.values(metric)
        return float(np.median(values)) if values else None

    def text(self, metric: str) -> str:
        """The median, as it stands in a table."""
        return METRICS[metric].text(self.value(metric))

    @cached_property
    def typical(self) -> Run | None:
        """The run of median cost, for what cannot be averaged."""
        ranked = sorted(self.valid, key=lambda run: run.figures.cost_us if run.figures else 0.0)
        return ranked[(len(ranked) - 1) // 2] if ranked else None


@dataclass(frozen=True)
class Summary:
    """One scenario, summed up."""

    scenario: Scenario
    peer: str
    cells: tuple[Cell, ...]  # by point, and in each in the order of the servers
    counted: dict[str, float]  # server: system calls a delivery, where they were counted

    @property
    def servers(self) -> list[str]:
        """Everyone who was measured, the one measured twice left out."""
        found = dict.fromkeys(cell.server for cell in self.cells)
        return [server for server in found if not server.endswith(AGAIN)]

    def at(self, workload: Workload) -> list[Cell]:
        """The cells of one point, the one measured twice left out."""
        return [
            cell
            for cell in self.cells
            if cell.workload == workload and not cell.server.endswith(AGAIN)
        ]

    def of(self, server: str) -> list[Cell]:
        """One server's cells, a point each."""
        return [cell for cell in self.cells if cell.server == server]

    @property
    def shown(self) -> list[Cell]:
        """The cells of the only point that have values: what a chart of one point shows."""
        return [cell for cell in self.at(self.cells[0].workload) if cell.valid]

    @property
    def missing(self) -> list[Cell]:
        """Cells without values, and cells some of whose runs do not count."""
        return [
            cell
            for cell in self.cells
            if not cell.server.endswith(AGAIN) and len(cell.valid) < len(cell.runs)
        ]

    def to_peer(self, cell: Cell, metric: str) -> Interval | None:
        """A server's value over the peer's at the same point; None for the peer, or without one."""
        other = next(
            (one for one in self.at(cell.workload) if one.server == self.peer and one is not cell),
            None,
        )
        if other is None:
            return None
        ours, theirs = cell.values(metric), other.values(metric)
        return measure.ratio(ours, theirs) if ours and theirs and min(theirs) > 0 else None

    def noise(self, metric: str) -> Interval | None:
        """How far apart two measurements of one server came out; None if that was not done."""
        for again in self.cells:
            if again.server.endswith(AGAIN):
                first = self.of(again.server.removesuffix(AGAIN))[0]
                ours, theirs = again.values(metric), first.values(metric)
                return measure.ratio(ours, theirs) if ours and theirs else None
        return None

    def tied(self, metric: str, cells: Sequence[Cell]) -> list[Cell]:
        """The best of ``cells`` and all that cannot be told from it, best first.

        Two are told apart when the interval of their ratio leaves out 1, and the ratio is further
        from 1 than twice the A/A difference, on a log scale, where that was measured.
        """
        ranked = sorted(
            (cell for cell in cells if cell.value(metric) is not None),
            key=lambda cell: cell.value(metric) or 0.0,
        )
        if not ranked:
            return []
        return [
            ranked[0],
            *(cell for cell in ranked[1:] if not self.differ(metric, ranked[0], cell)),
        ]

    def differ(self, metric: str, one: Cell, other: Cell) -> bool:
        """Whether two servers can be told apart: one way round as the other."""
        ours, theirs = one.values(metric), other.values(metric)
        if not ours or not theirs or min(*ours, *theirs) <= 0:
            return False
        ratio = measure.ratio(ours, theirs)
        return not ratio.holds(1.0) and abs(math.log(ratio.middle)) > self.noise_width(metric)

    def noise_width(self, metric: str) -> float:
        """Twice the A/A difference on a log scale; 0 where that was not measured."""
        noise = self.noise(metric)
        return 2 * abs(math.log(noise.middle)) if noise else 0.0


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
        counted = {
            run.server: run.account.syscalls / (run.workload.messages * run.workload.listeners)
            for run in results.runs
            if run.scenario == name and not run.process and run.account and run.account.syscalls
        }
        if cells:
            summaries.append(Summary(SCENARIOS[name], results.peer, cells, counted))
    return summaries
