"""Lesson 06: the names in the room.

A state machine: no socket, no thread, no clock. Each method takes one request and returns
which clients must be told what: a list of ("all", line) or (client, line).

A name has 1 to 32 characters. All are printable (`str.isprintable`), and none is white
space or a colon. A name does not begin with *, ! or /. No two clients have the same name;
two names are the same if they are equal after NFKC normalisation and case folding.

Judge it with `hubbub check 06`; `hubbub check 06 --hint` helps.
"""

from __future__ import annotations

import unicodedata  # noqa: F401  you may want unicodedata.normalize


BAD = "! bad name"


class Names:
    """The members of the room, in order of arrival, and their names."""

    def __init__(self) -> None:
        self._names = {}  # client (a number) -> name

    def arrive(self, client, address):
        """Let a client in. Its first name is its address, which no other client has."""
        self._names[client] = address

    def rename(self, client, new):
        """Give a client another name and tell all; or tell only this client why not."""
        # TODO: send `BAD` or f"! name taken: {new}", to this client only
        # TODO: what if the client has left?
        old = self._names.get(client, "")
        self._names[client] = new
        return [("all", f"* {old} is now {new}")]

    def leave(self, client):
        """Let a client go, and tell all others, once."""
        return [("all", f"* {self._names.pop(client)} left")]

    def roster(self):
        """Return the line that lists the members."""
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"
