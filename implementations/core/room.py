"""The room: its members and their names. A pure state machine.

Each method takes one step and returns the deliveries that the step causes, in order. The
caller must carry out all deliveries of one step before it takes the next step. This alone
makes the order total: every member gets the same lines in the same order.

Invariants:
  1. No two members have the same key: their names differ even after NFKC normalisation
     and case folding.
  2. Each member is announced once, by ``joined``, and dismissed once, by a `Goodbye`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from implementations.core.causes import Cause
from implementations.core.characters import MAX_MARKS, is_mark, shows_nothing, without_surplus_marks
from implementations.core.commands import (
    COMMANDS,
    Command,
    Complain,
    Help,
    Nothing,
    Quit,
    Rename,
    Say,
    Who,
)
from implementations.core.errors import RoomFull


__all__ = ["ClientId", "Delivery", "Goodbye", "Room", "ToAll", "ToOne", "name_key"]

ClientId = int  # the server numbers its clients in order of arrival, and reuses no number

MAX_NAME_CHARACTERS = 32
BAD_NAME = (
    f"! bad name: 1 to {MAX_NAME_CHARACTERS} characters that can be seen, no white space or ':', "
    f"not beginning with '*', '!' or '/', at most {MAX_MARKS} combining marks in a row"
)


@dataclass(frozen=True, slots=True)
class ToOne:
    """Lines for one member. They are delivered together."""

    client_id: ClientId
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToAll:
    """A line for every member.

    Attributes:
        but: a member that does not get it: a newcomer is not told of its own arrival.
        exempt: whether a full outbox must take it all the same.
    """

    line: str
    but: ClientId | None = None
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The last delivery to a member: deliver nothing after it, and end the connection."""

    client_id: ClientId
    cause: Cause


Delivery = ToOne | ToAll | Goodbye


class Room:
    """One chat room.

    Args:
        max_clients: the most members that it takes, at least 1.
    """

    def __init__(self, max_clients: int) -> None:
        self._max_clients = max_clients
        self._names: dict[ClientId, str] = {}  # in order of arrival
        self._holders: dict[str, ClientId] = {}  # by key

    def __len__(self) -> int:
        return len(self._names)

    @classmethod
    def restored(cls, max_clients: int, members: Iterable[tuple[ClientId, str]]) -> Room:
        """Return a room with these members, in order of arrival. Nobody is told of them."""
        room = cls(max_clients)
        for client_id, name in members:
            room._names[client_id] = name
            room._holders[name_key(name)] = client_id
        return room

    def members(self) -> list[tuple[ClientId, str]]:
        """Return the members and their names, in order of arrival."""
        return list(self._names.items())

    def join(self, client_id: ClientId, address: str) -> list[Delivery]:
        """Let a newcomer in, with its address as its first name.

        Raises:
            RoomFull: the newcomer was not let in, and nobody hears of it.
        """
        if len(self._names) >= self._max_clients:
            raise RoomFull
        name = address
        # A machine can connect to both doors from one port: a ' makes the second name differ.
        while (key := name_key(name)) in self._holders:
            name += "'"
        self._names[client_id] = name
        self._holders[key] = client_id
        return [
            ToAll(f"* {name} joined", but=client_id),
            ToOne(client_id, (f"* you are {name}", self._roster())),
        ]

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks. A client that is not a member, or has left, causes nothing."""
        name = self._names.get(client_id)
        if name is None:
            return []
        match command:
            case Say(text):
                return [ToAll(f"{name}: {text}")]
            case Who():
                return [ToOne(client_id, (self._roster(),))]
            case Rename(new):
                return [self._rename(client_id, name, new)]
            case Quit():
                return self.leave(client_id, Cause.QUIT)
            case Help():
                return [ToOne(client_id, (f"* commands: {COMMANDS}",))]
            case Complain(problem):
                return [ToOne(client_id, (f"! {problem}",))]
            case Nothing():  # pragma: no branch: every command is named
                return []

    def leave(self, client_id: ClientId, cause: Cause) -> list[Delivery]:
        """End a member's stay. Idempotent: for a client that is not a member it does nothing."""
        name = self._names.pop(client_id, None)
        if name is None:
            return []
        del self._holders[name_key(name)]
        # Exempt: when many members leave at once, these lines must not cut off the others.
        return [Goodbye(client_id, cause), ToAll(f"* {name} {cause.departure}", exempt=True)]

    def close(self) -> list[Delivery]:
        """Announce the shutdown and say goodbye to every member."""
        members = list(self._names)
        self._names.clear()
        self._holders.clear()
        farewells = [Goodbye(client_id, Cause.SHUTDOWN) for client_id in members]
        return [ToAll("* server is shutting down"), *farewells]

    def _rename(self, client_id: ClientId, old: str, new: str) -> Delivery:
        if not _may_be_a_name(new):
            return ToOne(client_id, (BAD_NAME,))
        key = name_key(new)
        if self._holders.get(key, client_id) != client_id:
            return ToOne(client_id, (f"! name taken: {new}",))
        del self._holders[name_key(old)]
        self._holders[key] = client_id
        self._names[client_id] = new
        return ToAll(f"* {old} is now {new}")

    def _roster(self) -> str:
        return f"* online ({len(self._names)}): {', '.join(self._names.values())}"


def name_key(name: str) -> str:
    """Return the key of a name: two names with the same key count as the same name."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _may_be_a_name(name: str) -> bool:
    return (
        1 <= len(name) <= MAX_NAME_CHARACTERS
        and name.isprintable()
        and not _could_deceive(name)
        and not _could_deceive(unicodedata.normalize("NFKC", name))  # what it may look like
    )


def _could_deceive(name: str) -> bool:
    """Whether ``name`` could look like another name, or its line like a line of another kind."""
    return (
        name.startswith(("*", "!", "/"))
        or any(each.isspace() or each == ":" or shows_nothing(each) for each in name)
        or is_mark(name[0])  # it would be drawn on the character before the name
        or without_surplus_marks(name) != name
    )
