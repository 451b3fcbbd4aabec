"""The text of a message, and the number in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.generator.payload import MIN_PAYLOAD_BYTES, number_of, payload


@given(st.integers(0, 99_999_999), st.integers(MIN_PAYLOAD_BYTES, 300), st.binary(max_size=20))
def test_payload_holds_its_number(number: int, payload_bytes: int, prefix: bytes) -> None:
    """A payload has the given size, and its number is found after any prefix."""
    text = payload(number, payload_bytes)

    assert len(text) == payload_bytes
    assert number_of(prefix + text, payload_bytes) == number


@pytest.mark.parametrize(
    "text", [b"", b"* X joined", payload(7, 64)[:-1], payload(7, 64)[:-1] + b"!"]
)
def test_text_that_is_no_payload_has_no_number(text: bytes) -> None:
    """A text that does not end with a whole payload has no number."""
    assert number_of(text, 64) is None
