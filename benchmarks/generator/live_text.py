"""The text of one message of the live load generators: filler, a mark and the message's number.

The number is at the end of the text, in eight digits that begin again at a hundred million. So a
delivery shows its message whatever the server puts around the text, and although texts change
their size while the generator runs.
"""

from __future__ import annotations


__all__ = ["MARK_BYTES", "MAX_TEXT_BYTES", "MIN_TEXT_BYTES", "NUMBERS", "live_text", "number_in"]

MARK_BYTES = 9  # the mark and eight digits
MIN_TEXT_BYTES = MARK_BYTES + 1
MAX_TEXT_BYTES = 65_536
NUMBERS = 10**8
_FILLER = b"abcdefghijklmnopqrstuvwxyz" * (MAX_TEXT_BYTES // 26 + 1)


def live_text(number: int, text_bytes: int) -> bytes:
    """Return the text of message ``number``."""
    letters = text_bytes - MARK_BYTES
    filler = _FILLER[: letters - 1] + b" " if letters > 1 else _FILLER[:letters]
    return filler + b"#%08d" % (number % NUMBERS)


def number_in(line: bytes, said: int) -> tuple[int, int] | None:
    """Return the number of the message that a line shows, and where its mark is; None: it has none.

    Args:
        line: what a server delivered.
        said: how many messages there are so far: the number is the latest one with these digits.
            It is negative if there is no such message.
    """
    mark = line.rfind(b"#")
    digits = line[mark + 1 : mark + MARK_BYTES]
    if mark < 0 or len(digits) < MARK_BYTES - 1 or not digits.isdigit():
        return None
    number = said // NUMBERS * NUMBERS + int(digits)
    return (number if number < said else number - NUMBERS), mark
