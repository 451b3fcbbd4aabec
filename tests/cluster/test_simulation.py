"""Under thousands of schedules, three nodes keep one order, lose nothing and repeat nothing."""

from __future__ import annotations

import os

import pytest

from conformance.checker import Coverage, check
from tests.cluster.simulation import World


SEEDS = int(os.environ.get("CLUSTER_SEEDS", "200"))
BATCH = 50


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_any_schedule_keeps_the_promises(first: int) -> None:
    """The history checker finds nothing, and all copies are equal in the end."""
    for seed in range(first, first + BATCH):
        world = World(seed)
        world.run(400)

        verdict = check(world.history(), needs=Coverage())
        assert not verdict.violations, f"seed {seed}: {verdict.violations[0].sentence}"
        assert len(world.digests()) == 1, f"seed {seed}"
        assert not world.diverged, f"seed {seed}"


def test_schedules_are_worth_it() -> None:
    """Nodes die, zombies come back, and messages overlap in the schedules."""
    told: list[str] = []
    deliveries = overlaps = departures = 0
    for seed in range(20):
        world = World(seed)
        world.run(400)
        told += world.told
        coverage = check(world.history(), needs=Coverage()).coverage
        deliveries += coverage.deliveries
        overlaps += coverage.overlaps
        departures += coverage.departures

    assert sum(line.endswith("dies") for line in told) > 20
    assert sum(line.endswith("goes on") for line in told) > 20
    assert sum("lost" in line for line in told) > 50
    assert deliveries > 1000
    assert overlaps > 100
    assert departures > 20
