"""The text of a message shows its number, whatever stands around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.generator.live_text import (
    MARK_BYTES,
    MAX_TEXT_BYTES,
    MIN_TEXT_BYTES,
    NUMBERS,
    live_text,
    number_in,
)


@given(
    st.integers(0, 3 * NUMBERS),
    st.integers(MIN_TEXT_BYTES, 300),
    st.binary(max_size=9),
    st.sampled_from([b"", b'"}', b"!", b" #"]),
)
def test_number_is_found(number: int, text_bytes: int, before: bytes, after: bytes) -> None:
    """A text has the size that is asked for, and its number is found in any line."""
    text = live_text(number, text_bytes)
    line = before + text + after

    assert len(text) == text_bytes
    if after != b" #":
        mark = len(before) + text_bytes - MARK_BYTES
        assert number_in(line, number + 1) == (number, mark)
        assert number_in(line, number + NUMBERS) == (number, mark)


def test_longest_text_has_its_size() -> None:
    """The filler is long enough."""
    assert len(live_text(1, MAX_TEXT_BYTES)) == MAX_TEXT_BYTES


@pytest.mark.parametrize("line", [b"", b"#", b"* c1 joined", b"abc #1234567", b"abc #1234567x"])
def test_other_lines_have_no_number(line: bytes) -> None:
    """A line without a mark and eight digits has no number."""
    assert number_in(line, 5) is None


def test_number_that_was_not_said_is_negative() -> None:
    """Digits that no message had so far give a negative number."""
    found = number_in(b"abc #00000007", 7)

    assert found is not None
    assert found[0] < 0
