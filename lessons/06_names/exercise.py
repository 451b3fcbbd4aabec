"""Lesson 06: who is called what.

A state machine: no socket, no thread, no clock. Each step takes what somebody asks and
returns who is to be told what, as a list of ("all", line) or (client, line).

A name has 1 to 32 characters, all printable (`str.isprintable`), without white space or a
colon, and does not begin with *, ! or /. No two clients have one name, and two names are
one if they are alike once NFKC-normalised and case-folded.

Judge it with `hubbub check 06`; `hubbub check 06 --hint` helps.
"""

from __future__ import annotations

import unicodedata  # noqa: F401  you may want unicodedata.normalize


BAD = "! bad name"


class Names:
    """Who is in, in order of arrival, and under which name."""

    def __init__(self) -> None:
        self._names = {}  # by client, which is a number

    def arrive(self, client, address):
        """Let somebody in, under its address, which no one else has."""
        self._names[client] = address

    def rename(self, client, new):
        """Give a client another name: all are told. Or tell it alone why not."""
        # TODO: `BAD`, or f"! name taken: {new}", for the asker alone
        # TODO: and who has left meanwhile?
        old = self._names.get(client, "")
        self._names[client] = new
        return [("all", f"* {old} is now {new}")]

    def leave(self, client):
        """Let somebody go: all are told, once."""
        return [("all", f"* {self._names.pop(client)} left")]

    def roster(self):
        """Return who is in."""
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"
