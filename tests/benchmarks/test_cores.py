"""Which cores are used, and when the generator may poll."""

from __future__ import annotations

import os

import pytest

from benchmarks import cores
from benchmarks.cores import may_poll, pinned, two_cores


def test_server_and_generator_have_different_cores() -> None:
    """If there are two cores, the server and the generator have different ones."""
    cores = two_cores()

    assert cores is None or len(set(cores)) == 2


@pytest.mark.parametrize(
    ("siblings", "polls"),
    [({0}, True), ({0, 2}, True), ({0, 1}, False), (set(), False)],
    ids=["a core", "a core of two threads", "the server's core", "not known"],
)
def test_generator_polls_only_on_a_physical_core_of_its_own(
    monkeypatch: pytest.MonkeyPatch, siblings: set[int], polls: bool
) -> None:
    """On the server's physical core, polling would take time from the server."""
    monkeypatch.setattr(cores, "_siblings", lambda core: siblings)

    assert may_poll((1, 0)) is polls
    assert not may_poll(None)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no processor affinity here")
def test_pinning_ends_with_the_body() -> None:
    """Inside the body only the chosen core is allowed; afterwards all are again."""
    before = os.sched_getaffinity(0)
    core = min(before)

    with pinned(core):
        inside = os.sched_getaffinity(0)

    assert inside == {core}
    assert os.sched_getaffinity(0) == before
