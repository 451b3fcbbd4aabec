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

from dataclasses import dataclass
from typing import Protocol

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.commit_log import CommitLog
from implementations.core.counted_room import CountedRoom, Stats
from implementations.core.group import Group, Item
from implementations.core.message import encode
from implementations.core.ring import Ring
from implementations.core.room import ClientId, Delivery, Goodbye, ToAll, ToOne


__all__ = ["GroupCommit"]

# Members that are written to in one go, from 4 us each. While messages overlap the next one
# will come soon and should not wait; while they do not, each pause would cost them something.
STRETCH = 1024
SHORT_STRETCH = 128


class Outbox(Protocol):
    """What a group commit needs of a runtime's outbox. Neither method may wait."""

    def push(self, group: Group) -> bool:
        """Write ``group`` to the socket, or queue it; False when the client must be cut off."""

    def close(self, cause: Cause) -> None:
        """Take nothing more; once empty, say goodbye as ``cause`` has it."""


@dataclass(slots=True, eq=False)
class _Member:
    client_id: ClientId
    outbox: Outbox
    place: int  # in the log: what it gets next


class GroupCommit:
    """A room and its members' outboxes.

    Args:
        max_clients: members the room takes.
    """

    def __init__(self, max_clients: int) -> None:
        self._room = CountedRoom(max_clients)
        self._members: dict[ClientId, _Member] = {}
        self._ring: Ring[_Member] = Ring()
        self._log = CommitLog()
        self._own: dict[ClientId, list[tuple[int, Item]]] = {}  # with the place that it is before
        self._leavers: list[tuple[Outbox, Cause, list[Item]]] = []
        self._overlap_ends = 0  # the turn after which no message overlaps another any more

    @property
    def underway(self) -> int:
        """Messages that are not written out to everyone: while there are, `commit` is due."""
        return len(self._log) + len(self._own) + len(self._leavers)

    @property
    def stretch(self) -> int:
        """How many members to `commit` to before it is time to look for new commands."""
        return SHORT_STRETCH if self._ring.turns < self._overlap_ends else STRETCH

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in: announce it, and put its welcome first into ``outbox``.

        Raises:
            RoomFull: there is no place.
            HubClosed: ``close`` was called.
        """
        deliveries = self._room.join(client_id, address)
        member = self._members[client_id] = _Member(client_id, outbox, self._log.end)
        self._ring.insert(member)
        self._record(deliveries)

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a stay and name the cause to the others. Idempotent."""
        self._record(self._room.leave(client_id, cause))

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks; nothing for one that has left."""
        self._record(self._room.submit(client_id, command))

    def stats(self) -> Stats:
        """Return the counts."""
        return self._room.stats()

    def close(self) -> None:
        """Announce the shutdown, close every outbox, take no newcomers. Idempotent."""
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
        full, end = [], self._log.end
        for client_id, own in self._own.items():
            member = self._members[client_id]
            if not member.outbox.push(Group(self._lacking(member, own))):
                full.append(member)
                self._room.deliveries -= end - member.place
            member.place = end
        self._own = {}
        return full

    def _push_in_turn(self, turns: int) -> list[_Member]:
        """Push to those whose turn it is; return who must be cut off."""
        if not self._log:
            return []
        full, place, group, end = [], -1, Group(()), self._log.end
        for member in self._ring.due(min(turns, self._log.due - self._ring.turns)):
            if member.place == end:
                continue
            if member.place != place:  # else it lacks what the one before it lacked
                place = member.place
                group = Group(self._log.since(place))
            if not member.outbox.push(group):
                full.append(member)
                self._room.deliveries -= end - place
            member.place = end
        self._log.trim(self._ring.turns)
        return full

    def _record(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            match delivery:
                case ToAll(line, but, exempt):
                    due = self._ring.turns + len(self._ring)
                    if self._log:
                        self._overlap_ends = due
                    self._log.append(Item(encode(line), exempt), due)
                    self._room.deliveries += len(self._members)
                    if but is not None:  # a newcomer: all that was before is not for it
                        self._room.deliveries -= 1
                        self._members[but].place = self._log.end
                case ToOne(client_id, lines):
                    own = self._own.setdefault(client_id, [])
                    own.append((self._log.end, Item(encode(*lines))))
                case Goodbye(client_id, cause):  # pragma: no branch: the kinds are all named
                    member = self._members.pop(client_id)
                    self._ring.remove(member)
                    items = self._lacking(member, self._own.pop(client_id, []))
                    self._leavers.append((member.outbox, cause, items))

    def _lacking(self, member: _Member, own: list[tuple[int, Item]]) -> list[Item]:
        """Return what ``member`` lacks, with what is for it alone at its place."""
        items: list[Item] = []
        at = member.place
        for place, item in own:
            items += [*self._log.since(at, place), item]
            at = place
        return items + self._log.since(at)

    def _evict(self, member: _Member) -> None:
        # Closed at once: behind what it refused nothing more may come, or it had a gap.
        member.outbox.close(Cause.TOO_SLOW)
        self._ring.remove(member)
        del self._members[member.client_id]
        departure = self._room.leave(member.client_id, Cause.TOO_SLOW)
        self._record([more for more in departure if not isinstance(more, Goodbye)])
