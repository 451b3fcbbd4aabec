"""Lesson 06, solved: to check and to take are one step."""

from __future__ import annotations

import unicodedata


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
        if client not in self._names:
            return []
        if not _is_good(new):
            return [(client, BAD)]
        others = [name for other, name in self._names.items() if other != client]
        if _key(new) in map(_key, others):
            return [(client, f"! name taken: {new}")]
        old, self._names[client] = self._names[client], new
        return [("all", f"* {old} is now {new}")]

    def leave(self, client):
        """Let somebody go: all are told, once."""
        name = self._names.pop(client, None)
        return [] if name is None else [("all", f"* {name} left")]

    def roster(self):
        """Return who is in."""
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"


def _key(name):
    """What two names must differ in."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_good(name):
    return (
        1 <= len(name) <= 32
        and name.isprintable()
        and not name.startswith(("*", "!", "/"))
        and not any(character.isspace() or character == ":" for character in name)
    )
