"""Characters that show nothing, and combining marks: what they may do in names and lines.

Python's ``unicodedata`` knows the category of a character. It does not know which characters
show nothing: some of those are letters or marks by category. So the list is written out here.
"""

from __future__ import annotations

import unicodedata


__all__ = ["MAX_MARKS", "is_mark", "shows_nothing", "without_surplus_marks"]

# Combining marks in a row. Hebrew with vowels and accents needs four; Vietnamese, Thai and Arabic
# need fewer. Unicode's security mechanisms (UTS #39, section 5.4) draw the line at four, too.
MAX_MARKS = 4

_FIRST_MARK = "\u0300"

# Default_Ignorable_Code_Point of DerivedCoreProperties.txt, Unicode 16.0: 4,174 code points.
_DEFAULT_IGNORABLE = (
    range(0x00AD, 0x00AE),  # soft hyphen
    range(0x034F, 0x0350),  # combining grapheme joiner
    range(0x061C, 0x061D),  # Arabic letter mark
    range(0x115F, 0x1161),  # Hangul fillers
    range(0x17B4, 0x17B6),  # Khmer inherent vowels
    range(0x180B, 0x1810),  # Mongolian variation selectors and vowel separator
    range(0x200B, 0x2010),  # zero-width space, joiner and non-joiner; direction marks
    range(0x202A, 0x202F),  # direction embeddings and overrides
    range(0x2060, 0x2070),  # word joiner, invisible operators, direction isolates
    range(0x3164, 0x3165),  # Hangul filler
    range(0xFE00, 0xFE10),  # variation selectors
    range(0xFEFF, 0xFF00),  # byte order mark
    range(0xFFA0, 0xFFA1),  # half-width Hangul filler
    range(0xFFF0, 0xFFF9),  # not assigned yet
    range(0x1BCA0, 0x1BCA4),  # shorthand format controls
    range(0x1D173, 0x1D17B),  # musical format controls
    range(0xE0000, 0xE1000),  # tag characters, more variation selectors
)

# Not in that property, but drawn as an empty space.
_BLANK = (
    range(0x2800, 0x2801),  # braille pattern blank
    range(0xFFFC, 0xFFFD),  # object replacement character
    range(0x13441, 0x13443),  # Egyptian hieroglyph blanks
    range(0x16FE4, 0x16FE5),  # Khitan small script filler
    range(0x1D159, 0x1D15A),  # musical symbol null notehead
)

_SHOWS_NOTHING = frozenset(
    chr(point) for points in (*_DEFAULT_IGNORABLE, *_BLANK) for point in points
)


def shows_nothing(character: str) -> bool:
    """Whether a character is not seen: two names that differ only in such characters look alike.

    White space and control characters are not meant.
    """
    return character in _SHOWS_NOTHING


def is_mark(character: str) -> bool:
    """Whether a character is drawn onto the one before it (Unicode categories Mn and Me)."""
    return unicodedata.category(character) in ("Mn", "Me")


def without_surplus_marks(text: str) -> str:
    """Return ``text`` without the combining marks that are more than `MAX_MARKS` in a row.

    A character that shows nothing does not end a row, because the next mark is still drawn
    onto the same letter.
    """
    if text.isascii() or max(text) < _FIRST_MARK:
        return text
    kept: list[str] = []
    in_a_row = 0
    for character in text:
        if is_mark(character):
            in_a_row += 1
            if in_a_row > MAX_MARKS:
                continue
        elif character not in _SHOWS_NOTHING:
            in_a_row = 0
        kept.append(character)
    return "".join(kept)
