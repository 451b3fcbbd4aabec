"""A made-up round with steady loads, closed loops and stalls, for the tests of the report page."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.results import Results
from benchmarks.workload import Workload
from tests.benchmarks.made import PEER, make_results, make_run


__all__ = ["COSTS_US", "RATES_HZ", "round_of"]

COSTS_US = {"asyncio-mutex": 20.0, "asyncio-direct": 4.0, "trio-mutex": 40.0, PEER: 9.0}
RATES_HZ = (25.0, 50.0, 100.0)
_ROOM = Workload(clients=50, messages=60, warmup_messages=5)


def round_of(factor: float = 1.0) -> Results:
    """Return a round with costs times ``factor``; trio-mutex breaks at 100 messages per second."""
    runs = []
    for server, cost_us in COSTS_US.items():
        for process, share in enumerate((0.99, 1.0, 1.01), start=1):
            cost = cost_us * share * factor
            runs.append(make_run(server, cost, process=process, workload=_ROOM))
            for rate_hz in RATES_HZ:
                breaks = server == "trio-mutex" and rate_hz == 100.0
                loaded = make_run(
                    server,
                    cost,
                    process=process,
                    scenario="knee",
                    workload=replace(_ROOM, rate_hz=rate_hz),
                    verdict="unknown" if breaks else "valid",
                    behind=breaks,
                )
                runs.append(loaded)
            for size in (2048, 8192):
                stalling = replace(
                    _ROOM, rate_hz=50.0, payload_bytes=size, stalled_clients=1, stall_after_s=0.5
                )
                runs.append(
                    make_run(server, cost, process=process, scenario="slow", workload=stalling)
                )
    versions = dict.fromkeys(COSTS_US, "1")
    return replace(make_results({PEER: [9.0]}), versions=versions, runs=tuple(runs))
