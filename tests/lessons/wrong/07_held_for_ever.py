"""Expect: bytes are held"""

from __future__ import annotations

import unicodedata


class LineDecoder:
    """One client's framing."""

    def __init__(self, max_line) -> None:
        self.max_line = max_line  # bytes, the end not counted
        self._partial = b""
        self._refused = False  # the line that is coming in was too long

    def feed(self, data):
        """Return what these bytes complete."""
        events = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._extend(piece, events)
            self._finish(self._partial.removesuffix(b"\r"), events)
        self._extend(rest, events)
        return events

    def end(self):
        """Return what the end of the stream completes."""
        events = []
        if len(self._partial) > self.max_line:  # by a '\r' that no '\n' came to claim
            self._refuse(events)
        self._finish(self._partial, events)
        return events

    def _extend(self, piece, events):
        self._partial += piece
        if self._refused:
            return
        if len(self._partial.removesuffix(b"\r")) > self.max_line:
            self._refuse(events)

    def _refuse(self, events):
        self._refused = True
        events.append(("bad", "line too long"))

    def _finish(self, line, events):
        self._partial = b""
        refused, self._refused = self._refused, False
        if line and not refused:
            try:
                events.append(("line", _without_controls(line.decode())))
            except UnicodeDecodeError:
                events.append(("bad", "not UTF-8"))


def _without_controls(text):
    return "".join(
        " " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character
        for character in text
    )
