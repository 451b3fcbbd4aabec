"""Estimates how long a measurement takes on a quiet machine, before it begins. Pure.

The model has a start, a room that fills, messages that are sent, and a wait where a server does not
keep up. Its constants were fitted to the published round, and a test holds it against that round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.scenarios import Scenario
from benchmarks.workload import Workload


__all__ = ["JUDGING_S", "Expected", "counting_s", "expected", "run_s"]

JUDGING_S = 3.0  # per peer, before it is measured
_START_S = 0.6  # processes start and end, and the samples are read
_DRAIN_S = 10.0  # at the end of a run: how long missing messages are waited for
_CONNECT_S = 0.0004  # per client
_ANNOUNCED = 0.06  # an arrival told to a client, as a share of a delivery: many go as one write
_JOINED = 0.25  # a delivery among many that wait, as a share of one that goes alone
_OTHER_US = 10.0
# Per delivery in a closed loop, by a word of the server's id.
_COST_US: Mapping[str, float] = {
    "c-floor": 5.5,
    "direct": 6.5,
    "asyncio-mutex": 13.0,
    "asyncio-broadcaster": 13.0,
    "trio-mutex": 20.0,
    "trio-broadcaster": 20.0,
    "threads-mutex": 28.0,
    "threads-broadcaster": 28.0,
}


@dataclass(frozen=True)
class Expected:
    """What a scenario is expected to take."""

    servers: int
    runs: int
    seconds: float


def run_s(server: str, workload: Workload, *, ours: bool = True) -> float:
    """Return how many seconds one run takes, about."""
    cost_us = _cost_us(server)
    clients = workload.clients
    fill_s = _CONNECT_S * clients
    if ours:
        fill_s += clients * clients / 2 * cost_us * _ANNOUNCED / 1e6
    bytes_factor = 1 + workload.payload_bytes / 16_384
    messages = workload.warmup_messages + workload.messages
    work_s = messages * clients * cost_us * bytes_factor / 1e6
    if workload.rate_hz is None:
        spoken_s = work_s / (1 if workload.speakers == 1 else 1 / _JOINED)
    else:
        due_s = messages / workload.rate_hz
        spoken_s = due_s + min(_DRAIN_S, max(0.0, work_s * _JOINED - due_s))
    return _START_S + fill_s + 1.25 * workload.idle_s + spoken_s


def expected(scenario: Scenario, servers: Sequence[str], ours: Sequence[str]) -> Expected:
    """Return what a scenario takes with these servers, of which some are ``ours``.

    A server leaves a ladder where the model says that it breaks.
    """
    runs, seconds = 0, 0.0
    for server in servers:
        for point in _steps(scenario, server):
            runs += scenario.processes
            seconds += scenario.processes * run_s(server, point, ours=server in ours)
    return Expected(len(servers), runs, seconds)


def counting_s(found: Expected, scenario: Scenario) -> Expected:
    """Add the runs in which system calls are counted: one more for each server."""
    share = 1 / (scenario.processes * len(scenario.points))
    return Expected(found.servers, found.runs + found.servers, found.seconds * (1 + share))


def _steps(scenario: Scenario, server: str) -> list[Workload]:
    """Return the points at which a server is expected to be measured."""
    if not scenario.until_it_breaks:
        return list(scenario.points)
    cost_us = _cost_us(server) * _JOINED
    steps: list[Workload] = []
    for point in scenario.points:
        steps.append(point)
        if (point.rate_hz or 0) * point.clients * cost_us > 1e6:  # breaks
            between = [one for one in scenario.between if scenario.around(one)[1] == point]
            return steps + between
    return steps


def _cost_us(server: str) -> float:
    return next((cost for name, cost in _COST_US.items() if name in server), _OTHER_US)
