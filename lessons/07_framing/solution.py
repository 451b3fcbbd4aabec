"""Lesson 07, solved: keep the unfinished line, and never more of it than the limit."""

from __future__ import annotations

import unicodedata


class LineDecoder:
    """Turns the bytes of one client into lines."""

    def __init__(self, max_line) -> None:
        self.max_line = max_line  # bytes, not counting the line end
        self._partial = b""
        self._refused = False  # the line that is arriving is too long

    def feed(self, data):
        """Return the events that these bytes complete."""
        events = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._extend(piece, events)
            self._finish(self._partial.removesuffix(b"\r"), events)
        self._extend(rest, events)
        return events

    def end(self):
        """Return the events that the end of the stream completes."""
        events = []
        if len(self._partial) > self.max_line:  # by one '\r' that no '\n' followed
            self._refuse(events)
        self._finish(self._partial, events)
        return events

    def _extend(self, piece, events):
        if self._refused:
            return
        self._partial += piece
        if len(self._partial.removesuffix(b"\r")) > self.max_line:
            self._refuse(events)

    def _refuse(self, events):
        self._refused = True
        self._partial = b""
        events.append(("bad", "line too long"))

    def _finish(self, line, events):
        self._partial = b""
        self._refused = False
        if line:
            try:
                events.append(("line", _without_controls(line.decode())))
            except UnicodeDecodeError:
                events.append(("bad", "not UTF-8"))


def _without_controls(text):
    return "".join(
        " " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character
        for character in text
    )
