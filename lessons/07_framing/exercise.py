"""Lesson 07: from a stream of bytes to lines.

TCP carries bytes, and cuts them where it likes. `feed` is given what came, in whatever
pieces, and returns what is complete by now, as a list of

    ("line", text)                  a line, without its end
    ("bad", "line too long")        a line over max_line bytes, refused as soon as that is known
    ("bad", "not UTF-8")            a line that is none

A line ends with b"\\n"; one b"\\r" right before it belongs to the end. An empty line is
nothing. Every control character inside a line becomes a space. `end` is called once, when
the stream has ended: a last line without its end counts.

Judge it with `hubbub check 07`; `hubbub check 07 --hint` helps.
"""

from __future__ import annotations

import unicodedata  # noqa: F401  you may want unicodedata.category


class LineDecoder:
    """One client's framing."""

    def __init__(self, max_line) -> None:
        self.max_line = max_line  # bytes, the end not counted

    def feed(self, data):
        """Return what these bytes complete."""
        # TODO: what comes in one piece need not be one line.
        return [("line", data.decode().strip())]

    def end(self):
        """Return what the end of the stream completes."""
        return []
