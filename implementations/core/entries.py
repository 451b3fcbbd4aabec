"""What nodes write into the log that they share: entries, and the bytes that they are stored as.

An entry is everything that one node had waiting when its last entry had come back from the log.
`replica.Replica` applies entries; an engine stores their bytes.

The bytes are JSON: a list of the life, the entry's number and its steps, for example
``[["n1", 3, "5f0c"], 17, [["ask", 4, "say", "hello"], ["beat", 812, "9f2e..."]]]``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from implementations.core.causes import Cause
from implementations.core.commands import (
    Command,
    Complain,
    Help,
    Nothing,
    Quit,
    Rename,
    Say,
    Who,
)


__all__ = [
    "Ask",
    "BadEntry",
    "Beat",
    "End",
    "Entry",
    "Hello",
    "Join",
    "Leave",
    "Life",
    "Step",
    "decode",
    "encode",
]


class BadEntry(ValueError):
    """The bytes are no entry: another version or another program wrote them."""


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a node: from its hello to its end or its death.

    Attributes:
        node: the node's name.
        number: 1 for the first life of this node, one more for each next one.
        token: random; tells two processes apart that took the same name and number.
    """

    node: str
    number: int
    token: str


@dataclass(frozen=True, slots=True)
class Hello:
    """Begin a life. All nodes of a room must agree on what a hello says.

    Attributes:
        code: the version of the rules by which replicas apply entries.
        unicode: the version of the Unicode tables, which decide when two names are the same.
        max_clients: the most members that the room takes, on all nodes together.
    """

    code: int
    unicode: str
    max_clients: int


@dataclass(frozen=True, slots=True)
class Beat:
    """Show that the node lives, and what it believes.

    Attributes:
        place: the last place at which the node took a digest of the room's state.
        digest: that digest.
    """

    place: int
    digest: str


@dataclass(frozen=True, slots=True)
class Join:
    """A client of the node wants to join. The node numbers its clients and reuses no number."""

    client: int
    address: str


@dataclass(frozen=True, slots=True)
class Leave:
    """A client of the node has gone, or must go."""

    client: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Ask:
    """What a client of the node asks."""

    client: int
    command: Command


@dataclass(frozen=True, slots=True)
class End:
    """End this life in good order. Members that are still here leave."""


Step = Hello | Beat | Join | Leave | Ask | End


@dataclass(frozen=True, slots=True)
class Entry:
    """Steps of one node, which nothing can come between.

    Attributes:
        life: the life of the node that wrote it.
        number: 0 for the entry with the hello, one more for each next entry of this life.
        steps: in the order in which the node took them.
    """

    life: Life
    number: int
    steps: tuple[Step, ...]


_PLAIN: dict[str, Command] = {"who": Who(), "quit": Quit(), "help": Help(), "nothing": Nothing()}
_WITH_TEXT: dict[str, Callable[[str], Command]] = {
    "say": Say,
    "rename": Rename,
    "complain": Complain,
}
_CAUSES = {cause.name: cause for cause in Cause}


def encode(entry: Entry) -> bytes:
    """Return the bytes of an entry."""
    life = [entry.life.node, entry.life.number, entry.life.token]
    document = [life, entry.number, [_listed(step) for step in entry.steps]]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def decode(data: bytes) -> Entry:
    """Return the entry that was encoded.

    Raises:
        BadEntry: these bytes are no entry.
    """
    try:
        match json.loads(data):
            case [[str(node), int(life), str(token)], int(number), [*steps]]:
                return Entry(Life(node, life, token), number, tuple(map(_step, steps)))
            case _:
                raise ValueError
    except (ValueError, KeyError) as error:
        raise BadEntry(f"these bytes are no entry of this version: {data[:60]!r}") from error


def _listed(step: Step) -> list[Any]:
    match step:
        case Hello(code, tables, max_clients):
            return ["hello", code, tables, max_clients]
        case Beat(place, digest):
            return ["beat", place, digest]
        case Join(client, address):
            return ["join", client, address]
        case Leave(client, cause):
            return ["leave", client, cause.name]
        case Ask(client, Say(text) | Rename(text) | Complain(text) as command):
            return ["ask", client, type(command).__name__.lower(), text]
        case Ask(client, command):
            return ["ask", client, type(command).__name__.lower()]
        case End():  # pragma: no branch: every step is named
            return ["end"]


def _step(listed: list[Any]) -> Step:
    match listed:
        case ["hello", int(code), str(tables), int(max_clients)]:
            return Hello(code, tables, max_clients)
        case ["beat", int(place), str(digest)]:
            return Beat(place, digest)
        case ["join", int(client), str(address)]:
            return Join(client, address)
        case ["leave", int(client), str(cause)]:
            return Leave(client, _CAUSES[cause])
        case ["ask", int(client), str(kind), str(text)]:
            return Ask(client, _WITH_TEXT[kind](text))
        case ["ask", int(client), str(kind)]:
            return Ask(client, _PLAIN[kind])
        case ["end"]:
            return End()
    raise ValueError
