"""The room joined to its members' sockets: many commands in, one write a member out.

What `fanout.Fanout` is to the hubs with outboxes, this is to the ``DirectHub``:
the same steps in the same order, but nothing goes out before `commit`. By then
what is for everyone is one buffer a door, and costs each member one ``send``
however many messages it holds. (Databases do this with their log, hence the name.)

The members stand in a ring and are written to in turn. Steps may be taken between
two commits, wherever the turn stands: each member gets all that it lacks when its
turn comes, so a new message goes on from there, and who was passed already gets
it on the next round. A message takes one round to reach everyone, and never waits
for the round before it to end.

Invariants:
  1. No method waits. A member is pushed to, and says no when it is cut off.
  2. Each member gets a stretch of the one log, from its arrival to its departure,
     with what is for it alone at its place in between.
  3. What is for one member alone, and a leaver's last words, go out in the next commit.
  4. The log holds what somebody may still lack, and nothing else.

Not safe for threads: its owner is the only one to have it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

from implementations.core.causes import Cause
from implementations.core.commands import Command, Say
from implementations.core.errors import HubClosed
from implementations.core.fanout import Stats
from implementations.core.message import Message, encode
from implementations.core.room import ClientId, Delivery, Goodbye, Room, ToAll, ToOne


__all__ = ["Group", "GroupCommit", "Item"]

# Members that are written to in one go, from 4 us each. While messages overlap the next one
# will come soon and should not wait; while they do not, each pause would cost them something.
STRETCH = 1024
SHORT_STRETCH = 128


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


@dataclass(slots=True, eq=False)
class _Member:
    """One place of the ring."""

    client_id: ClientId
    outbox: Outbox
    place: int  # in the log: what it gets next
    gone: bool = False  # its place is taken away when its turn comes


class GroupCommit:
    """A room, its members' outboxes and the counts.

    Args:
        max_clients: members the room takes.
    """

    def __init__(self, max_clients: int) -> None:
        self._room = Room(max_clients)
        self._members: dict[ClientId, _Member] = {}
        self._ring: list[_Member] = []
        self._next = 0  # whose turn it is: an index of the ring
        self._turns = 0  # that there have been
        self._overlap_ends = 0  # the turns after which no message overlaps another any more
        self._log: list[Item] = []  # for everyone; what everyone has is dropped
        self._begin = 0  # the place of the log's first item
        self._round_ends: deque[int] = deque()  # of each item: the turns after which all have it
        self._own: dict[ClientId, list[tuple[int, Item]]] = {}  # with the place that it is before
        self._leavers: list[tuple[Outbox, Cause, list[Item]]] = []
        self._closed = False
        self._messages = 0
        self._deliveries = 0
        self._evictions = 0

    @property
    def underway(self) -> int:
        """Messages that are not written out to everyone: while there are, `commit` is due."""
        return len(self._log) + len(self._own) + len(self._leavers)

    @property
    def stretch(self) -> int:
        """How many members to `commit` to before it is time to look for new commands."""
        return SHORT_STRETCH if self._turns < self._overlap_ends else STRETCH

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in: announce it, and put its welcome first into ``outbox``.

        Raises:
            RoomFull: there is no place.
            HubClosed: ``close`` was called.
        """
        if self._closed:
            raise HubClosed
        deliveries = self._room.join(client_id, address)
        member = self._members[client_id] = _Member(client_id, outbox, self._end)
        if self._next:  # its turn is the last of the round, wherever the round began
            self._ring.insert(self._next, member)
            self._next += 1
        else:
            self._ring.append(member)
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

    def commit(self, turns: int) -> None:
        """Write out to at most ``turns`` members what they lack; see `underway`."""
        leavers, self._leavers = self._leavers, []
        for leaver, cause, items in leavers:
            if items:
                leaver.push(Group(items))  # refused or not, it goes
            leaver.close(cause)
        for member in self._push_own() + self._push_in_turn(turns):
            self._evict(member)

    def _push_own(self) -> list[_Member]:
        """Push to who has something for it alone all it lacks; return who must be cut off."""
        full = []
        for client_id, own in self._own.items():
            member = self._members[client_id]
            if not member.outbox.push(Group(self._lacking(member, own))):
                full.append(member)
                self._deliveries -= self._end - member.place
            member.place = self._end
        self._own = {}
        return full

    def _push_in_turn(self, turns: int) -> list[_Member]:
        """Push to those whose turn it is; return who must be cut off."""
        if not self._round_ends:
            return []
        first, end = self._next, self._end
        due = self._ring[first : first + min(turns, self._round_ends[-1] - self._turns)]
        full, place, group = [], -1, Group(())
        for member in due:
            if member.place == end or member.gone:
                continue
            if member.place != place:  # else it lacks what the one before it lacked
                place = member.place
                group = Group(self._log[place - self._begin :])
            if not member.outbox.push(group):
                full.append(member)
                self._deliveries -= end - place
            member.place = end
        stay = [member for member in due if not member.gone]
        self._ring[first : first + len(due)] = stay
        self._turns += len(due)
        self._next = (first + len(stay)) % max(1, len(self._ring))
        while self._round_ends and self._round_ends[0] <= self._turns:
            self._round_ends.popleft()
        self._begin = end - len(self._round_ends)
        del self._log[: len(self._log) - len(self._round_ends)]
        return full

    def _record(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            match delivery:
                case ToAll(line, but, exempt):
                    self._log.append(Item(encode(line), exempt))
                    round_ends = self._turns + len(self._ring)
                    self._round_ends.append(round_ends)
                    if len(self._log) > 1:
                        self._overlap_ends = round_ends
                    self._deliveries += len(self._members)
                    if but is not None:  # a newcomer: all that was before is not for it
                        self._deliveries -= 1
                        self._members[but].place = self._end
                case ToOne(client_id, lines):
                    own = self._own.setdefault(client_id, [])
                    own.append((self._end, Item(encode(*lines))))
                case Goodbye(client_id, cause):  # pragma: no branch: the kinds are all named
                    member = self._members.pop(client_id)
                    member.gone = True
                    items = self._lacking(member, self._own.pop(client_id, []))
                    self._leavers.append((member.outbox, cause, items))

    def _lacking(self, member: _Member, own: list[tuple[int, Item]]) -> list[Item]:
        """Return what ``member`` lacks, with what is for it alone at its place."""
        items: list[Item] = []
        at = member.place - self._begin
        for place, item in own:
            items += self._log[at : place - self._begin]
            items.append(item)
            at = place - self._begin
        return items + self._log[at:]

    def _evict(self, member: _Member) -> None:
        self._evictions += 1
        # Closed at once: behind what it refused nothing more may come, or it had a gap.
        member.outbox.close(Cause.TOO_SLOW)
        member.gone = True
        del self._members[member.client_id]
        departure = self._room.leave(member.client_id, Cause.TOO_SLOW)
        self._record([more for more in departure if not isinstance(more, Goodbye)])

    @property
    def _end(self) -> int:
        """The place of what will be said next."""
        return self._begin + len(self._log)
