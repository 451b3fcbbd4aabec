"""How names and ranges are written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks.sentences.wording import Finding, name_few, span


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b and 2 more"),
    ],
)
def test_sentence_names_three_at_most(names: Sequence[str], text: str) -> None:
    """Up to three names are joined as in a sentence; of more, two are named."""
    assert name_few(names) == text


def test_range_of_equal_values_is_one_value() -> None:
    """A range names its first and its last value, unless they are the same."""
    assert span(["1.0", "1.5", "2.0"]) == "1.0 to 2.0"
    assert span(["1.0", "1.0"]) == "1.0"


def test_group_without_servers_is_left_out() -> None:
    """A finding holds only groups that have servers, each written in one line."""
    found = Finding.of("Said.", [("tied", ["a", "b"]), ("alone", [])])

    assert [str(group) for group in found.groups] == ["tied: a, b"]
