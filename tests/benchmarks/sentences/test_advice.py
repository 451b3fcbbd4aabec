"""Which server the report advises."""

from __future__ import annotations

from benchmarks.sentences.advice import advice
from benchmarks.summary import summarise
from tests.benchmarks.made import PEER, make_results


def test_advice_names_ours_and_what_it_costs() -> None:
    """Only our servers are advised; all tied ones are named and compared with the peer."""
    results = make_results({"a": [5.0, 5.2, 5.1], "b": [5.1, 5.05, 5.25], PEER: [2.0, 2.1, 2.2]})

    rows = advice(summarise(results), lambda server: server != PEER)

    assert rows[0] == (
        "the least processor time per delivery",
        ("a", "b"),
        f"µs per delivery (ratio to {PEER}): a 5.10, 2.43 (2.27-2.60); b 5.10, 2.43 (2.30-2.62)",
    )
