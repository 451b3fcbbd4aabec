"""What is kept of the machine."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from benchmarks import environment
from benchmarks.environment import Environment, may_poll, two_cores


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


@pytest.mark.parametrize(
    ("siblings", "polls"),
    [({0}, True), ({0, 2}, True), ({0, 1}, False), (set(), False)],
    ids=["a core", "a core of two threads", "the server's core", "not known"],
)
def test_generator_stays_awake_only_on_a_physical_core_of_its_own(
    monkeypatch: pytest.MonkeyPatch, siblings: set[int], polls: bool
) -> None:
    """Beside the server on one physical core it would take what is to be measured."""
    monkeypatch.setattr(environment, "_siblings", lambda core: siblings)

    assert may_poll((1, 0)) is polls
    assert not may_poll(None)
