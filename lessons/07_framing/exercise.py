"""Lesson 07: from a stream of bytes to lines.

TCP carries bytes and may cut them anywhere. `feed` takes the bytes of one read and returns
what they complete, as a list of

    ("line", text)                  a line, without its line end
    ("bad", "line too long")        a line over max_line bytes; reported as soon as possible
    ("bad", "not UTF-8")            a line that cannot be decoded

A line ends with b"\\n"; one b"\\r" right before it belongs to the line end. Ignore empty
lines. Every control character inside a line becomes a space. `end` is called once, when
the stream has ended: a last line without a line end counts too.

Judge it with `hubbub check 07`; `hubbub check 07 --hint` helps.
"""

from __future__ import annotations

import unicodedata  # noqa: F401  you may want unicodedata.category


class LineDecoder:
    """Turns the bytes of one client into lines."""

    def __init__(self, max_line) -> None:
        self.max_line = max_line  # bytes, not counting the line end

    def feed(self, data):
        """Return the events that these bytes complete."""
        # TODO: one read need not bring exactly one line.
        return [("line", data.decode().strip())]

    def end(self):
        """Return the events that the end of the stream completes."""
        return []
