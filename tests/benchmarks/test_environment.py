"""What is kept of the machine."""

from __future__ import annotations

import platform
from pathlib import Path

from benchmarks.environment import Environment


def test_environment_names_neither_host_nor_folder() -> None:
    """A result can be published: it names the kind of machine, and no host, user or folder."""
    kept = str(Environment.here(None, "c"))

    assert platform.node() not in kept.split()
    assert str(Path.cwd()) not in kept
    assert str(Path.home()) not in kept
