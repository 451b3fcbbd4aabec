"""Fixtures for tests with a cluster of processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.running import Cluster


@pytest.fixture
def cluster(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Yield a cluster without nodes, with one engine, or as many as the test asks for."""
    running = Cluster(tmp_path, getattr(request, "param", 1))
    yield running
    running.stop()
