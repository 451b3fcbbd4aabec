"""Lesson 06, solved: checking and taking are one step."""

from __future__ import annotations

import unicodedata


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
        """Let a client go, and tell all others, once."""
        name = self._names.pop(client, None)
        return [] if name is None else [("all", f"* {name} left")]

    def roster(self):
        """Return the line that lists the members."""
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"


def _key(name):
    """Return the form in which two different names must differ."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_good(name):
    return (
        1 <= len(name) <= 32
        and name.isprintable()
        and not name.startswith(("*", "!", "/"))
        and not any(character.isspace() or character == ":" for character in name)
    )
