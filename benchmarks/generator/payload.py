"""The text of one message: its number in eight digits, a space, and filler up to the size.

The number says which message a delivery belongs to, and the filler shows whether a server has
altered the text.
"""

from __future__ import annotations


__all__ = ["MIN_PAYLOAD_BYTES", "number_of", "payload"]

MIN_PAYLOAD_BYTES = 9  # eight digits and a space
_FILLER = b"abcdefghijklmnopqrstuvwxyz"


def payload(number: int, payload_bytes: int) -> bytes:
    """Return the text of message ``number``."""
    filler = _FILLER * (payload_bytes // len(_FILLER) + 1)
    return (b"%08d " % number + filler)[:payload_bytes]


def number_of(text: bytes, payload_bytes: int) -> int | None:
    """Return the number of the payload at the end of ``text``; None if it ends with no payload."""
    digits = text[-payload_bytes:][: MIN_PAYLOAD_BYTES - 1]
    if not digits.isdigit():
        return None
    number = int(digits)
    return number if text.endswith(payload(number, payload_bytes)) else None
