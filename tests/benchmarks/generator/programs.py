"""Both load generators, in C and in Python: each test of a run is made with either."""

from __future__ import annotations

import os

import pytest

from benchmarks.deliveries import Tally, tally
from benchmarks.generator.process import LoadError, generator_command
from benchmarks.load import Account, run_load
from benchmarks.samples import Samples
from benchmarks.workload import Workload
from conformance.timing import TICK


__all__ = ["FAULTY", "SMALL", "Command", "command", "faults", "load"]

SMALL = Workload(clients=4, messages=40, warmup_messages=2)
FAULTY = 25  # the message with the planted fault: all fences come before it, some messages after it

Command = tuple[str, list[str]]


@pytest.fixture(params=["c", "python"])
def command(request: pytest.FixtureRequest) -> Command:
    """Each generator in turn; skips the one in C on a machine without a compiler."""
    try:
        return generator_command(request.param)
    except LoadError as error:
        pytest.skip(str(error))


def load(
    address: str, command: Command, workload: Workload = SMALL, *, drain_s: float = 10 * TICK
) -> tuple[Account, Samples, Tally]:
    """Play a workload with little patience; return the account, the samples and their tally."""
    account, samples = run_load(
        address, workload, pid=os.getpid(), command=command, patience_s=20 * TICK, drain_s=drain_s
    )
    return account, samples, tally(samples, workload, behind=account.behind)


def faults(found: Tally) -> dict[str, int]:
    """Return the kinds of fault that were counted, each with its number."""
    names = ("lost", "duplicated", "reordered", "altered", "announced")
    return {name: getattr(found, name) for name in names if getattr(found, name)}
