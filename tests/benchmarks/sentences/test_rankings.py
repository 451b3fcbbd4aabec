"""Servers ranked by a metric: the ends of a range, the sides of the peer, and the ties."""

from __future__ import annotations

from benchmarks.results import AGAIN
from benchmarks.sentences.rankings import comparable, ends, ranked
from benchmarks.sentences.wording import Finding
from benchmarks.summary import Summary
from tests.benchmarks.made import PEER, make_results
from tests.benchmarks.sentences.summaries import groups, only


def ranked_of(summary: Summary) -> Finding:
    return ranked(summary, "cost", "A delivery costs", "µs")


def test_tied_servers_are_not_ranked() -> None:
    """Two servers whose processes overlap are in one group."""
    found = ranked_of(
        only(make_results({"a": [5.0, 5.2, 5.1], "b": [5.1, 5.05, 5.25], PEER: [9.0, 9.1, 9.2]}))
    )

    assert found.sentence == "A delivery costs 5.10 µs (a, tied with b) to 9.10 µs (go-gorilla)."
    assert [str(tie) for tie in found.ties] == ["tied at 5.10 µs: a, b"]


def test_servers_of_which_no_two_differ_have_no_ends() -> None:
    """If all servers are tied, no server is named as the cheapest or the most expensive one."""
    found = ranked_of(only(make_results({"a": [5.0, 5.2, 5.1], "b": [5.1, 5.05, 5.25]})))

    assert found.sentence == "A delivery costs 5.10 µs (no two servers can be told apart)."


def test_server_tied_with_the_peer_is_not_below_it() -> None:
    """Within the noise of the measurement no server is said to be better than the peer."""
    costs = {"a": [9.0, 9.1, 9.2], "a" + AGAIN: [10.0, 10.1, 10.2], PEER: [10.0, 10.1, 10.2]}

    found = groups(ranked_of(only(make_results(costs))))

    assert found == {f"tied with {PEER} (ratio)": ["a 0.90 (0.88-0.92)"]}


def test_few_processes_rank_nobody() -> None:
    """With two processes per server no server is ranked."""
    found = ranked_of(only(make_results({"a": [5.0, 5.2], "b": [9.1, 9.5]})))

    assert "fewer than 3 processes" in found.sentence
    assert found.groups == ()


def test_end_with_many_ties_counts_them() -> None:
    """Up to two tied servers are named at an end of a range; of more, only the number is told."""
    near = {server: [5.0, 5.2, 5.1] for server in "abcd"}
    summary = only(make_results({**near, PEER: [9.0, 9.1, 9.2]}))

    text, claims = ends(summary, "cost", summary.shown, "µs")

    assert text == f"5.10 µs (a, tied with 3 others) to 9.10 µs ({PEER})"
    assert {(one.server, one.peer, one.direction) for one in claims} == {
        *(("a", other, "level") for other in "bcd"),
        *((server, PEER, "lower") for server in "abcd"),
    }


def test_nothing_is_testable_with_two_processes() -> None:
    """A comparison needs three processes of each server."""
    summary = only(make_results({"a": [5.0, 5.2, 5.1], "b": [9.0, 9.1]}))

    assert not comparable("cost", summary.shown)
    assert comparable("cost", summary.of("a"))
    assert ends(summary, "cost", summary.shown, "µs") == ("5.10 µs to 9.05 µs", [])
