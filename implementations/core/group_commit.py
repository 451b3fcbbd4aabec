"""The room joined to its members' sockets: many commands in, one write a member out.

What `fanout.Fanout` is to the hubs with outboxes, this is to the ``DirectHub``:
the same steps in the same order, but nothing goes out before `commit`. By then
what is for everyone is one buffer a door, and costs each member one ``send``
however many messages it holds. (Databases do this with their log, hence the name.)

Invariants:
  1. No method waits. A member is pushed to, and says no when it is cut off.
  2. `commit` leaves nothing undelivered, the departures that it causes included.
  3. Each member gets a stretch of the one log, from its arrival to its departure,
     with what is for it alone at its place in between.

Not safe for threads: its owner is the only one to have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

from implementations.core.causes import Cause
from implementations.core.commands import Command, Say
from implementations.core.errors import HubClosed
from implementations.core.fanout import Stats
from implementations.core.message import Message, encode
from implementations.core.room import ClientId, Delivery, Goodbye, Room, ToAll, ToOne


__all__ = ["Group", "GroupCommit", "Item"]


class Item(NamedTuple):
    """A message of a group; an ``exempt`` one has its place even in a full outbox."""

    message: Message
    exempt: bool = False


class Group:
    """What goes out in one write: the messages one by one, for whoever has to queue them."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items

    @cached_property
    def joined(self) -> Message:
        """All of them, at each door. Not made where all queue them, as each newcomer does."""
        if len(self.items) == 1:
            return self.items[0].message
        return Message(
            tcp=b"".join([item.message.tcp for item in self.items]),
            ws=b"".join([item.message.ws for item in self.items]),
        )


class Outbox(Protocol):
    """What a group commit needs of a runtime's outbox. Neither method may wait."""

    def push(self, group: Group) -> bool:
        """Write ``group`` to the socket, or queue it; False when the client must be cut off."""

    def close(self, cause: Cause) -> None:
        """Take nothing more; once empty, say goodbye as ``cause`` has it."""


@dataclass(slots=True)
class _Share:
    """What a member gets where that is not simply the whole group: places are in the log."""

    begin: int = 0
    own: list[tuple[int, Item]] = field(default_factory=list)  # place: in front of that one

    def of(self, log: Sequence[Item]) -> list[Item]:
        items: list[Item] = []
        at = self.begin
        for place, item in self.own:
            items += log[at:place]
            items.append(item)
            at = place
        return items + list(log[at:])


class GroupCommit:
    """A room, its members' outboxes and the counts.

    Args:
        max_clients: members the room takes.
    """

    def __init__(self, max_clients: int) -> None:
        self._room = Room(max_clients)
        self._outboxes: dict[ClientId, Outbox] = {}
        self._log: list[Item] = []  # for everyone, since the last commit
        self._shares: dict[ClientId, _Share] = {}
        self._leavers: list[tuple[Outbox, Cause, list[Item]]] = []
        self._closed = False
        self._messages = 0
        self._deliveries = 0
        self._evictions = 0

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in: announce it, and put its welcome first into ``outbox``.

        Raises:
            RoomFull: there is no place.
            HubClosed: ``close`` was called.
        """
        if self._closed:
            raise HubClosed
        deliveries = self._room.join(client_id, address)
        self._outboxes[client_id] = outbox
        self._record(deliveries)

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay and name the cause to the others. Idempotent."""
        deliveries = self._room.leave(client_id, cause)
        if deliveries and cause is Cause.TOO_SLOW:
            self._evictions += 1
        self._record(deliveries)

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks; nothing for one that has left."""
        deliveries = self._room.submit(client_id, command)
        if deliveries and isinstance(command, Say):
            self._messages += 1
        self._record(deliveries)

    def stats(self) -> Stats:
        """Return the counts."""
        return Stats(len(self._room), self._messages, self._deliveries, self._evictions)

    def close(self) -> None:
        """Announce the shutdown, close every outbox, take no newcomers. Idempotent."""
        if not self._closed:
            self._closed = True
            self._record(self._room.close())

    def commit(self) -> None:
        """Write out all that the steps since the last commit have caused."""
        while self._log or self._shares or self._leavers:  # again: who overflows leaves
            log, shares, leavers = self._log, self._shares, self._leavers
            self._log, self._shares, self._leavers = [], {}, []
            for leaver, cause, items in leavers:
                if items:
                    leaver.push(Group(items))  # refused or not, it goes
                leaver.close(cause)
            for client_id in self._push(log, shares):
                self._evict(client_id)

    def _push(self, log: list[Item], shares: dict[ClientId, _Share]) -> list[ClientId]:
        """Push to each member its part of the group; return who must be cut off."""
        full = []
        for client_id, share in shares.items():
            if not self._outboxes[client_id].push(Group(share.of(log))):
                full.append(client_id)
                self._deliveries -= len(log) - share.begin
        if log:
            group = Group(log)
            for client_id, outbox in self._outboxes.items():
                if client_id not in shares and not outbox.push(group):
                    full.append(client_id)
                    self._deliveries -= len(log)
        return full

    def _record(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            match delivery:
                case ToAll(line, but, exempt):
                    self._log.append(Item(encode(line), exempt))
                    self._deliveries += len(self._outboxes)
                    if but is not None:  # a newcomer: all that was before is not for it
                        self._deliveries -= 1
                        self._shares[but] = _Share(len(self._log))
                case ToOne(client_id, lines):
                    share = self._shares.setdefault(client_id, _Share())
                    share.own.append((len(self._log), Item(encode(*lines))))
                case Goodbye(client_id, cause):  # pragma: no branch: the kinds are all named
                    share = self._shares.pop(client_id, _Share())
                    self._leavers.append(
                        (self._outboxes.pop(client_id), cause, share.of(self._log))
                    )

    def _evict(self, client_id: ClientId) -> None:
        self._evictions += 1
        # Closed at once: behind what it refused nothing more may come, or it had a gap.
        self._outboxes.pop(client_id).close(Cause.TOO_SLOW)
        departure = self._room.leave(client_id, Cause.TOO_SLOW)
        self._record([more for more in departure if not isinstance(more, Goodbye)])
