"""Made-up results, for the tests of what is said and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.environment import Environment
from benchmarks.load import LoadReport
from benchmarks.measure import histogram
from benchmarks.results import Results, Run
from benchmarks.workload import Verdict, Workload


__all__ = ["PEER", "make_results", "make_run"]

PEER = "websockets-broadcast"
CLIENTS = 4
MESSAGES = 40


def make_run(
    server: str, cost_us: float, *, process: int = 1, verdict: Verdict = "valid", reason: str = ""
) -> Run:
    """A run of exactly that cost, in which recipients are served in the order they connected."""
    load = LoadReport(
        verdict=verdict,
        reason=reason,
        expected=CLIENTS * MESSAGES,
        lost=0,
        duplicated=0,
        reordered=0,
        unexpected=0,
        connect_s=0.1,
        counted_s=1.0,
        generator_cpu_s=0.5,
        server_cpu_s=0.9,
        generator_crowding=0.0,
        server_crowding=0.0,
        rss_before_bytes=20 * 2**20,
        rss_idle_bytes=20 * 2**20 + CLIENTS * 2048,
        rss_after_bytes=21 * 2**20,
    )
    step_ns = round(cost_us * 1000)
    row_ns = tuple(step_ns * (client + 1) for client in range(CLIENTS))
    return Run(
        server=server,
        process=process,
        verdict=verdict,
        reason=reason,
        load=load,
        first_ns=row_ns[:1] * MESSAGES,
        median_ns=row_ns[CLIENTS // 2 - 1 : CLIENTS // 2] * MESSAGES,
        last_ns=row_ns[-1:] * MESSAGES,
        histogram=histogram(row_ns * MESSAGES),
        typical_ns=row_ns,
        order_correlation=1.0,
        worst_recipient_p99_ns=float(row_ns[-1]),
    )


def make_results(costs_us: Mapping[str, Sequence[float]], extra: Sequence[Run] = ()) -> Results:
    """Results of valid runs with those costs, one process each, and ``extra`` runs behind them."""
    runs = [
        make_run(server, cost_us, process=process)
        for server, costs in costs_us.items()
        for process, cost_us in enumerate(costs, start=1)
    ]
    return Results(
        scenario="closed",
        peer=PEER,
        workload=Workload(
            clients=CLIENTS, messages=MESSAGES, warmup_messages=0, payload_bytes=64, processes=3
        ),
        environment=Environment(
            date="2024-05-01T12:00:00+00:00",
            commit=None,
            hubbub="0.1.0",
            websockets="17.0",
            python="CPython 3.11.0",
            kernel="Linux 6.1",
            cpu="a processor",
            cores=2,
            memory_bytes=2**33,
            server_core=1,
            generator_core=0,
        ),
        runs=(*runs, *extra),
    )
