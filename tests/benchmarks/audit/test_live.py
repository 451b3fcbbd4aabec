"""Measuring with the live load generator: what it finds, and what it refuses to believe."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from benchmarks.audit import live as module
from benchmarks.audit.live import live
from benchmarks.load import LoadError
from benchmarks.workload import Workload
from tests.benchmarks.generator.live_room import lines_server


OPEN = Workload(clients=4, messages=40, warmup_messages=2, rate_hz=200.0)


@pytest.mark.parametrize("kind", ["c", "python"])
def test_percentiles_are_measured(kind: str) -> None:
    """A server of ours is measured: p50 and p99 are positive, and in order."""
    try:
        _, p50_ms, p99_ms = live("asyncio-direct", OPEN, None, kind)
    except LoadError as error:
        if "compiler" not in str(error):
            raise
        pytest.skip(str(error))

    assert 0 < p50_ms <= p99_ms
    assert math.isfinite(p99_ms)


def test_clients_that_do_not_come_in_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a client is not let in, the run says so; a lost client ends it."""

    @contextmanager
    def no_door(command: object, core: object) -> Iterator[tuple[int, str]]:
        with lines_server() as address:
            yield 0, address  # its lines are no answer to a handshake

    monkeypatch.setattr(module, "serving", no_door)
    monkeypatch.setattr(module, "CONNECT_S", 0.5)

    with pytest.raises(LoadError, match="only 0 of 3 clients"):
        live("asyncio-direct", replace(OPEN, clients=3), None)
