"""Made-up runs and results, for the tests of everything that is computed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.deliveries import Tally
from benchmarks.environment import Environment
from benchmarks.load import Account, Moment
from benchmarks.results import Results, Run
from benchmarks.run_figures import figures
from benchmarks.samples import COUNTED, CUT_OFF, DELIVERY, LAST, MESSAGE, WARM_UP, Samples
from benchmarks.trust import Verdict
from benchmarks.workload import Workload


__all__ = ["ACCOUNT", "PEER", "SMALL", "SOUND", "make_results", "make_run", "make_samples"]

PEER = "go-gorilla"
SMALL = Workload(clients=4, messages=40, warmup_messages=2)
ACCOUNT = Account(
    generator="c",
    behind=False,
    connect_s=0.1,
    counted_s=1.0,
    generator_busy_s=0.5,
    server_cpu_s=0.9,
    generator_crowding=0.0,
    server_crowding=0.0,
    context_switches=80,
    syscalls=None,
    tasks=3,
    rss_before_bytes=20 * 2**20,
    rss_idle_bytes=20 * 2**20 + SMALL.clients * 2048,
    rss_after_bytes=21 * 2**20,
    idle_cpu_s=0.01,
    idle_wakeups=8,
)
SOUND = Tally(expected=172, lost=0, duplicated=0, reordered=0, altered=0, announced=0)  # of SMALL


def make_samples(workload: Workload = SMALL, cost_us: float = 10.0) -> Samples:
    """Return a faultless run: recipients are served in the order in which they connected."""
    gap_ns = round(1e9 / workload.rate_hz) if workload.rate_hz else 10**9
    total = workload.warmup_messages + workload.messages + 1
    messages = np.zeros(total, dtype=MESSAGE)
    messages["phase"] = COUNTED
    messages["phase"][: workload.warmup_messages] = WARM_UP
    messages["phase"][-1] = LAST
    messages["speaker"] = np.arange(total) % workload.speakers
    messages["speaker"][-1] = 0
    step_ns = round(cost_us * 1000)
    if not workload.rate_hz:
        gap_ns = step_ns * workload.clients
    messages["intended_ns"] = messages["sent_ns"] = 10**9 + np.arange(total) * gap_ns
    deliveries = np.zeros(total * workload.clients, dtype=DELIVERY)
    deliveries["message"] = np.repeat(np.arange(total), workload.clients)
    deliveries["client"] = np.tile(np.arange(workload.clients), total)
    deliveries["at_ns"] = messages["sent_ns"][deliveries["message"]] + step_ns * (
        deliveries["client"] + 1
    )
    if workload.stalled_clients:
        stalls = np.array([workload.stalls(client) for client in range(workload.clients)])
        deliveries = deliveries[~stalls[deliveries["client"]]]
        cut = np.zeros(workload.stalled_clients, dtype=DELIVERY)
        cut["client"], cut["message"] = np.flatnonzero(stalls), CUT_OFF
        cut["at_ns"] = messages["sent_ns"][-1]
        deliveries = np.concatenate([deliveries, cut])
    return Samples(messages, deliveries, churned=0)


def make_run(
    server: str,
    cost_us: float,
    *,
    process: int = 1,
    scenario: str = "closed",
    workload: Workload = SMALL,
    verdict: Verdict = "valid",
    reason: str = "",
    behind: bool = False,
) -> Run:
    """Return a run with exactly that cost per delivery."""
    account = replace(ACCOUNT, behind=behind, moments=(Moment(0.1, 22 * 2**20),))
    owed = workload.listeners * (workload.messages + workload.warmup_messages + 1)
    tally = Tally(expected=owed, lost=0, duplicated=0, reordered=0, altered=0, announced=0)
    measured = None if behind else figures(make_samples(workload, cost_us), workload)
    return Run(scenario, server, process, workload, verdict, reason, account, tally, measured)


def make_results(
    costs_us: Mapping[str, Sequence[float]],
    extra: Sequence[Run] = (),
) -> Results:
    """Return results with one valid run for each cost, and ``extra`` runs after them."""
    runs = [
        make_run(server, cost_us, process=process)
        for server, costs in costs_us.items()
        for process, cost_us in enumerate(costs, start=1)
    ]
    return Results(
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
            generator="c",
        ),
        peer=PEER,
        versions=dict.fromkeys(costs_us, "Python 3.11.0"),
        skipped={},
        judged={PEER: {"order.total": "pass"}} if PEER in costs_us else {},
        runs=(*runs, *extra),
    )
