"""Names that look like other names."""

__all__ = ["wide"]


def wide(ascii_text: str) -> str:
    """Return a text in full-width characters, which NFKC normalises to the narrow ones."""
    return "".join(chr(ord(character) + 0xFEE0) for character in ascii_text)
