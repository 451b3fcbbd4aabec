"""The characters that show nothing, as PROTOCOL.md means them.

Written down from Unicode's data and not taken from a server: a suite that shared the list of a
server could not find what is missing in it.
"""

from __future__ import annotations


__all__ = ["UNSEEN"]

# Default_Ignorable_Code_Point in DerivedCoreProperties.txt of Unicode 16.0: first and last.
_IGNORABLE = (
    "00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F "
    "FEFF FFA0 FFF0-FFF8 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF"
)
# Not in that property, but drawn as an empty space.
_BLANK = "2800 FFFC 13441-13442 16FE4 1D159"


def _characters(ranges: str) -> list[str]:
    found: list[str] = []
    for text in ranges.split():
        first, _, last = text.partition("-")
        found += map(chr, range(int(first, 16), int(last or first, 16) + 1))
    return found


UNSEEN = dict.fromkeys(_characters(f"{_IGNORABLE} {_BLANK}"))
"""Each of them once, in order: a dict, so that looking one up is fast."""
