"""What the runs of one measurement come to, a row a server. Pure.

Only valid runs count. A server with an invalid one has no figures at all: a broadcast that loses
messages is not a fast broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks import measure
from benchmarks.measure import Histogram, Interval
from benchmarks.results import Results, Run
from benchmarks.workload import Verdict


__all__ = ["Figures", "Row", "summarise"]


@dataclass(frozen=True)
class Figures:
    """One server in numbers, from its valid processes."""

    costs_us: tuple[float, ...]  # of a delivery, one a process
    to_peer: Interval | None  # cost over the peer's; None for the peer and without one
    last_ns: tuple[int, ...]  # of every message: completion
    p50_ms: float  # of completion
    p99_ms: float
    worst_ms: float
    tails: tuple[float, ...]  # 99th percentile of completion over the median, one a process
    first_ms: float  # median over messages of the first recipient
    deliveries: Histogram  # every delivery of every process
    worst_recipient_p99_ms: float  # the recipient that fared worst, in the process in the middle
    order_correlation: float  # of serving with connecting: 1 the same, 0 none
    bytes_per_client: float | None  # resident memory of the idle server, less that without clients
    typical_ns: tuple[int, ...]  # of the process in the middle

    @property
    def cost_us(self) -> float:
        """The median over processes."""
        return float(np.median(self.costs_us))


@dataclass(frozen=True)
class Row:
    """One server: what its runs are worth and, where they are worth something, its figures."""

    server: str
    verdict: Verdict
    reason: str  # of the first run that is not valid
    valid_runs: int
    runs: int
    figures: Figures | None


def summarise(results: Results) -> list[Row]:
    """Return a row for each server, in the order in which they were first measured."""
    by_server: dict[str, list[Run]] = {}
    for run in results.runs:
        by_server.setdefault(run.server, []).append(run)
    clients = results.workload.clients
    costs_us = {
        server: tuple(measure.cost_us(run.last_ns, clients) for run in _counting(runs))
        for server, runs in by_server.items()
    }
    return [
        Row(
            server=server,
            verdict=results.verdict_of(server),
            reason=next((run.reason for run in runs if run.verdict != "valid"), ""),
            valid_runs=sum(run.verdict == "valid" for run in runs),
            runs=len(runs),
            figures=_figures(
                runs, clients, costs_us[server], _peer_costs(server, results, costs_us)
            ),
        )
        for server, runs in by_server.items()
    ]


def _counting(runs: list[Run]) -> list[Run]:
    if any(run.verdict == "invalid" for run in runs):
        return []
    return [run for run in runs if run.verdict == "valid"]


def _peer_costs(
    server: str, results: Results, costs_us: dict[str, tuple[float, ...]]
) -> tuple[float, ...]:
    return () if server == results.peer else costs_us.get(results.peer, ())


def _figures(
    runs: list[Run], clients: int, costs_us: tuple[float, ...], peer_us: tuple[float, ...]
) -> Figures | None:
    counting = _counting(runs)
    if not counting:
        return None
    last_ns = tuple(ns for run in counting for ns in run.last_ns)
    by_cost = sorted(zip(costs_us, counting, strict=True), key=lambda pair: pair[0])
    middle = by_cost[len(by_cost) // 2][1]
    return Figures(
        costs_us=costs_us,
        to_peer=measure.ratio(costs_us, peer_us) if peer_us else None,
        last_ns=last_ns,
        p50_ms=measure.percentile(last_ns, 50) / 1e6,
        p99_ms=measure.percentile(last_ns, 99) / 1e6,
        worst_ms=max(last_ns) / 1e6,
        tails=tuple(
            measure.percentile(run.last_ns, 99) / measure.percentile(run.last_ns, 50)
            for run in counting
        ),
        first_ms=measure.percentile([ns for run in counting for ns in run.first_ns], 50) / 1e6,
        deliveries=measure.merge(run.histogram for run in counting),
        worst_recipient_p99_ms=(middle.worst_recipient_p99_ns or 0.0) / 1e6,
        order_correlation=middle.order_correlation or 0.0,
        bytes_per_client=_bytes_per_client(counting, clients),
        typical_ns=middle.typical_ns,
    )


def _bytes_per_client(runs: list[Run], clients: int) -> float | None:
    grown_bytes = [
        run.load.rss_idle_bytes - run.load.rss_before_bytes
        for run in runs
        if run.load and run.load.rss_idle_bytes and run.load.rss_before_bytes
    ]
    return float(np.median(grown_bytes)) / clients if grown_bytes else None
