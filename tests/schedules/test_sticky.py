"""How the next thread is picked."""

from __future__ import annotations

from itertools import pairwise

import pytest


pytest.importorskip("interleave_test", reason="needs Python 3.12 or newer: make schedules")

from schedules.sticky import Sticky


def _picks(seed: int, times: int = 400) -> list[str]:
    strategy = Sticky()
    strategy.begin(0, seed)
    current, picks = "a", []
    for index in range(times):
        current = strategy.pick(["a", "b", "c"], current, index)
        picks.append(current)
    return picks


def test_seed_decides() -> None:
    """The same seed picks the same threads, and another seed picks others."""
    assert _picks(1) == _picks(1)
    assert _picks(1) != _picks(2)


def test_thread_mostly_goes_on() -> None:
    """The running thread mostly goes on; how often it does not differs from seed to seed."""
    changes = [sum(a != b for a, b in pairwise(picks)) for picks in map(_picks, range(20))]

    assert max(changes) < 200
    assert min(changes) * 3 < max(changes)


def test_blocked_thread_is_followed_by_any() -> None:
    """If the current thread cannot go on, every other thread can be picked."""
    strategy = Sticky()
    strategy.begin(0, 1)

    assert {strategy.pick(["b", "c"], None, index) for index in range(50)} == {"b", "c"}
