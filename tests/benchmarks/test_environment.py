"""What is kept of the machine."""

from __future__ import annotations

import platform
from pathlib import Path

from benchmarks.environment import Environment, two_cores


def test_environment_names_neither_host_nor_folder() -> None:
    """A result can be published: it tells the machine's kind, not whose it is."""
    kept = str(Environment.here(None, "c"))

    assert platform.node() not in kept.split()
    assert str(Path.cwd()) not in kept
    assert str(Path.home()) not in kept


def test_server_and_generator_have_different_cores() -> None:
    """Where two cores can be had they are two."""
    cores = two_cores()

    assert cores is None or len(set(cores)) == 2
