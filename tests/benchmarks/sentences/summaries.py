"""Made-up summaries, for the tests of sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.results import Results, Run
from benchmarks.scenarios import SCENARIOS
from benchmarks.sentences.wording import Finding
from benchmarks.summary import Summary, summarise
from benchmarks.workload import Workload
from tests.benchmarks.made import SMALL, make_results, make_run


__all__ = ["groups", "only", "stalling", "walked"]


def only(results: Results) -> Summary:
    """Return the summary of the only scenario."""
    (summary,) = summarise(results)
    return summary


def groups(found: Finding) -> dict[str, list[str]]:
    """Return the groups of a finding by their labels."""
    return {group.label: list(group.items) for group in found.groups}


def _with_value(axis: str, value: Any) -> Workload:
    return replace(SMALL, messages=200, **{axis: value})


def walked(scenario: str, costs: Mapping[str, Mapping[int, float]]) -> Summary:
    """Return a scenario with an axis: by server, the cost at each value; three processes each."""
    axis = SCENARIOS[scenario].axis
    runs = [
        make_run(
            server,
            cost_us,
            process=process,
            scenario=scenario,
            workload=_with_value(axis, value),
        )
        for server, points in costs.items()
        for value, cost_us in points.items()
        for process in (1, 2, 3)
    ]
    return only(replace(make_results({}), runs=tuple(runs)))


def stalling(stretch: dict[str, float]) -> Summary:
    """Return the scenario ``slow``: by server, the factor by which the stall slows the others."""
    workload = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)
    runs: list[Run] = []
    for server, factor in stretch.items():
        run = make_run(server, 1000.0, scenario="slow", workload=workload)
        assert run.figures
        slices = tuple(
            replace(one, p99_ns=round(one.p99_ns * (factor if one.after_s >= 0.5 else 1)))
            for one in run.figures.slices
        )
        runs.append(replace(run, figures=replace(run.figures, slices=slices)))
    return only(replace(make_results({}), runs=tuple(runs)))
