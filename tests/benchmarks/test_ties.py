"""Ties as brackets, and as letters."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ties import brackets, letters


PAIRS = list(combinations(range(7), 2))


def test_brackets_overlap_where_a_tie_is_not_transitive() -> None:
    """a ties with b and b with c, a and c differ: two brackets, and b stands in both."""
    near = {("a", "b"), ("b", "c")}

    def tied(one: str, other: str) -> bool:
        return (one, other) in near or (other, one) in near

    assert brackets("abcd", tied) == [["a", "b"], ["b", "c"]]
    assert letters("abcd", tied) == ["a", "ab", "b", "c"]


@given(st.sets(st.sampled_from(PAIRS)))
def test_two_items_share_a_letter_if_and_only_if_they_are_tied(near: set[tuple[int, int]]) -> None:
    """For any relation, the letters say of every pair whether it is tied."""
    items = list(range(7))

    named = letters(items, lambda one, other: (min(one, other), max(one, other)) in near)

    for one, other in PAIRS:
        assert bool(set(named[one]) & set(named[other])) == ((one, other) in near)
    assert all(named)


@given(st.sets(st.sampled_from(PAIRS)))
def test_brackets_hold_mutual_ties_only(near: set[tuple[int, int]]) -> None:
    """Every pair in a bracket is tied, every tied pair is in one, and no bracket is spare."""
    found = brackets(range(7), lambda one, other: (min(one, other), max(one, other)) in near)

    inside = [set(combinations(group, 2)) for group in found]
    assert set().union(*inside) == near
    for group in inside:
        assert set().union(*(other for other in inside if other is not group)) != near
