"""How far each server got on a ladder."""

from __future__ import annotations

from benchmarks.scenarios import SCENARIOS
from benchmarks.sentences.ladders import reached, say_ladder
from tests.benchmarks.sentences.summaries import groups, walked


def test_servers_are_grouped_by_their_last_step() -> None:
    """A server at the last step may get further, and one that missed the first step got nowhere."""
    low, *_, high = SCENARIOS["capacity"].points
    costs = {"a": {low.clients: 1.0, high.clients: 1.0}, "b": {low.clients: 1000.0}}
    summary = walked("capacity", costs)

    found = say_ladder(summary)

    assert groups(found) == {
        f"at least {high.clients:,} clients, the last step": ["a"],
        f"less than {low.clients:,} clients, the first step": ["b"],
    }
    assert f"the p95 with {high.clients:,} clients is " in found.sentence
    assert reached(summary) == {"a": high.clients}


def test_step_between_is_named() -> None:
    """A server that met the limit at a step and missed it at the next one stands at that step."""
    low, between, *_, high = SCENARIOS["capacity"].points
    costs = {
        "a": {low.clients: 1.0, between.clients: 1.0, high.clients: 1000.0},
        "b": {low.clients: 1.0, between.clients: 1.0, high.clients: 1.0},
    }

    found = groups(say_ladder(walked("capacity", costs)))

    assert found[f"{between.clients:,} clients"] == ["a"]
