"""What shows nothing, and how many combining marks a line keeps."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from implementations.core.characters import (
    MAX_MARKS,
    is_mark,
    shows_nothing,
    without_surplus_marks,
)


ACUTE = "\u0301"
INVISIBLE = [
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u180f\u200b\u200c\u200d\u200e\u202e\u2060\u2064",
    *"\u2066\u206f\u2800\u3164\ufe00\ufe0f\ufeff\uffa0\ufffc\U0001bca0\U0001d173\U000e0001\U000e0061\U000e0100",
    *"\U000e01ef\U000e0fff",
]
VISIBLE = [*"az09-é日ㅎ⠁ｶ🦉\u0301\u0e35\u05b8\u00ac\u00ae\u2010\u2070\ufff9\ufffd\U000e1000"]


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_invisible_character_shows_nothing(character: str) -> None:
    """Fillers, joiners, selectors, tags and controls of direction show nothing."""
    assert shows_nothing(character)


@pytest.mark.parametrize("character", VISIBLE, ids=ascii)
def test_neighbour_is_seen(character: str) -> None:
    """Letters, marks, and the neighbours of the listed ranges are not in the list."""
    assert not shows_nothing(character)


def test_all_invisible_format_characters_are_listed_or_known() -> None:
    """Of the characters of category Cf, only those that are drawn are not in the list."""
    drawn = {"PREPENDED", "ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN", "INTERLINEAR"}

    missing = [
        name
        for point in range(0x110000)
        if unicodedata.category(chr(point)) == "Cf" and not shows_nothing(chr(point))
        if (name := unicodedata.name(chr(point))).split()[0] not in drawn
    ]

    assert missing == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "Vie\u0302\u0323t",  # two marks, as Vietnamese needs when it is decomposed
        "ש\u05c1\u05bc\u05b8\u0596",  # Hebrew with a point, a dagesh, a vowel and an accent
        "ที่นี่",
        "السَّلَامُ عَلَيْكُمْ",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
        "❤\ufe0f\u200d🔥",
        "e\u20dd",
    ],
    ids=ascii,
)
def test_real_scripts_stay_as_they_are(text: str) -> None:
    """No script that people write loses a mark."""
    assert without_surplus_marks(text) == text


def test_marks_over_the_limit_are_dropped() -> None:
    """Of each row of marks the first four stay."""
    assert without_surplus_marks(f"z{ACUTE * 20}a{ACUTE * 4}l{ACUTE * 5}") == (
        f"z{ACUTE * 4}a{ACUTE * 4}l{ACUTE * 4}"
    )


@pytest.mark.parametrize("between", ["\u200d", "\u200b", "\u3164", "\U000e0061"], ids=ascii)
def test_character_that_shows_nothing_ends_no_row(between: str) -> None:
    """A row of marks goes on behind a character that is not seen."""
    assert without_surplus_marks(f"z{(ACUTE * 4 + between) * 3}") == f"z{ACUTE * 4}{between * 3}"


@given(st.text(st.sampled_from(["a", ACUTE, "\u20dd", "\u0489", " ", "日", "\u200d"])))
def test_no_row_is_longer_than_the_limit(text: str) -> None:
    """Whatever comes in, no row of marks is over the limit, and nothing else is lost."""
    kept = without_surplus_marks(text)

    row = 0
    for character in kept.replace("\u200d", ""):
        row = row + 1 if is_mark(character) else 0
        assert row <= MAX_MARKS
    assert [c for c in kept if not is_mark(c)] == [c for c in text if not is_mark(c)]
    assert without_surplus_marks(kept) == kept
