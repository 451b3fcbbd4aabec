"""Each member's share of the log in one write: the fan-out of every hub that commits in groups.

Nothing goes out before `commit`. Then all messages for everyone are one run of bytes per door, and
a member costs one ``send`` however many messages there are. Databases write their logs in this way
and call it group commit.

The members are in a ring, and each commit writes to the next members in turn. More deliveries may
come between two commits. When a member's turn comes, it gets everything that it still needs. So a
new message goes first to the next member in turn, and last to the member that has just had its
turn. A message reaches everyone within one round, and does not wait for the messages before it.

The writer knows no room: `group_commit.GroupCommit` has one, and so has the node of a room on many
machines (node.py).

Invariants:
  1. No method waits. A member that must be cut off refuses what it is given at once.
  2. Each member gets one unbroken part of the log, from its arrival to its departure. Messages
     for this member alone come between the items where they belong.
  3. Private messages do not wait for a turn: the next commit writes them, and also writes
     everything that a departed member still needs.
  4. The log keeps only items that some member may still need.

Not thread-safe: only its owner may use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol

from implementations.core.causes import Cause
from implementations.core.commit_log import CommitLog
from implementations.core.group import Group, Item
from implementations.core.message import encode
from implementations.core.ring import Ring
from implementations.core.room import ClientId, Delivery, Goodbye, ToAll, ToOne


__all__ = ["GroupWriter", "Outbox", "PushMany", "one_by_one"]

# How many members to write to before the owner checks its inbox; one write takes 4 us or more.
# While several messages are in progress, the stretch is short, so that the next one starts soon.
# With only one, a pause gains nothing.
STRETCH = 1024
SHORT_STRETCH = 128


class Outbox(Protocol):
    """What a group commit needs of a runtime's outbox. Neither method waits.

    Attributes:
        left_out: how many messages of a group that `push` refused it did not take: the last ones.
    """

    left_out: int

    def push(self, group: Group) -> bool:
        """Write ``group`` to the socket, or queue it.

        Returns:
            False when the client must be cut off.
        """

    def close(self, cause: Cause) -> None:
        """Take no more messages; when those that wait are sent, say goodbye with ``cause``."""


# Pushes a group to many outboxes of one runtime, and returns the indices of those whose clients
# must be cut off. It does not wait.
PushMany = Callable[[Sequence[Any], Group], Sequence[int]]


def one_by_one(outboxes: Sequence[Outbox], group: Group) -> list[int]:
    """Push ``group`` to each outbox: the `PushMany` of the writer ``send``."""
    return [index for index, outbox in enumerate(outboxes) if not outbox.push(group)]


@dataclass(slots=True, eq=False)
class _Member:
    client_id: ClientId
    outbox: Outbox
    place: int  # in the log: that of the item that it gets next


_PLACE = attrgetter("place")


class GroupWriter:
    """The members' outboxes, and what each of them still needs.

    Args:
        push_many: how a group gets to all members of a stretch that need the same one.

    Attributes:
        deliveries: how often an outbox took a line that was for everyone.
    """

    def __init__(self, push_many: PushMany = one_by_one) -> None:
        self.deliveries = 0
        self._push_many = push_many
        self._members: dict[ClientId, _Member] = {}
        self._ring: Ring[_Member] = Ring()
        self._log = CommitLog()
        # Messages for one member alone, each with the place of the item that comes after it.
        self._own: dict[ClientId, list[tuple[int, Item]]] = {}
        self._leavers: list[tuple[Outbox, Cause, list[Item]]] = []  # with what they still need
        self._overlap_ends = 0  # the turn by which messages no longer overlap

    @property
    def underway(self) -> int:
        """How much is not written out yet: public messages, members with private ones, leavers.

        While it is not 0, call `commit`.
        """
        return len(self._log) + len(self._own) + len(self._leavers)

    @property
    def stretch(self) -> int:
        """How many members to write to before it is time to look for new commands."""
        return SHORT_STRETCH if self._ring.turns < self._overlap_ends else STRETCH

    def admit(self, client_id: ClientId, outbox: Outbox) -> None:
        """Add a member, which gets what is recorded from now on."""
        member = self._members[client_id] = _Member(client_id, outbox, self._log.end)
        self._ring.insert(member)

    def record(self, deliveries: list[Delivery]) -> None:
        """Note what a step of the room causes; `commit` delivers it.

        A member that was cut off gets nothing more, and the room may not know of that yet.
        """
        for delivery in deliveries:
            match delivery:
                case ToAll(line, but, exempt):
                    last_turn = self._ring.turns + len(self._ring)
                    if self._log:
                        self._overlap_ends = last_turn
                    self._log.append(Item(encode(line), exempt), last_turn)
                    self.deliveries += len(self._members)
                    if but is not None:  # a newcomer: what was said before is not for it
                        self.deliveries -= 1
                        self._members[but].place = self._log.end
                case ToOne(client_id) | Goodbye(client_id) if client_id not in self._members:
                    continue
                case ToOne(client_id, lines):
                    own = self._own.setdefault(client_id, [])
                    own.append((self._log.end, Item(encode(*lines))))
                case Goodbye(client_id, cause):  # pragma: no branch: every kind is named
                    member = self._members.pop(client_id)
                    self._ring.remove(member)
                    items = self._needed_by(member, self._own.pop(client_id, []))
                    self._leavers.append((member.outbox, cause, items))

    def commit(self, turns: int) -> list[ClientId]:
        """Flush the next members in turn, at most ``turns`` of them.

        Before that, send off the members that have left, and flush every member that has
        messages for itself alone.

        Returns:
            The members that had to be cut off: they are members no longer.
        """
        leavers, self._leavers = self._leavers, []
        for leaver, cause, items in leavers:
            # It leaves, whether it takes them or not. If not, it misses lines, and is told so.
            taken = not items or leaver.push(Group(items))
            leaver.close(cause if taken else Cause.TOO_SLOW)
        full = self._push_own() + self._push_in_turn(turns)
        for member in full:
            # Close now: anything queued after the refused message would leave a gap.
            member.outbox.close(Cause.TOO_SLOW)
            self._ring.remove(member)
            del self._members[member.client_id]
        return [member.client_id for member in full]

    def _push_own(self) -> list[_Member]:
        """Flush every member that has messages for itself alone; return those to cut off."""
        full, end = [], self._log.end
        for client_id, own in self._own.items():
            member = self._members[client_id]
            items = self._needed_by(member, own)
            if not member.outbox.push(Group(items)):
                full.append(member)
                private = {id(item) for _, item in own}
                left_out = items[len(items) - member.outbox.left_out :]
                self.deliveries -= sum(id(item) not in private for item in left_out)
            member.place = end
        self._own = {}
        return full

    def _push_in_turn(self, turns: int) -> list[_Member]:
        """Flush the members whose turns are next; return those to cut off."""
        if not self._log:
            return []
        full, end = [], self._log.end
        due = self._ring.due(min(turns, self._log.last_turn - self._ring.turns))
        for place, same in groupby(due, _PLACE):
            if place == end:
                continue
            members = list(same)
            group = Group(self._log.since(place))
            for index in self._push_many([member.outbox for member in members], group):
                full.append(members[index])
                self.deliveries -= members[index].outbox.left_out
            for member in members:
                member.place = end
        self._log.trim(self._ring.turns)
        return full

    def _needed_by(self, member: _Member, own: list[tuple[int, Item]]) -> list[Item]:
        """Return everything that ``member`` still needs, its own messages in their places."""
        items: list[Item] = []
        at = member.place
        for place, item in own:
            items += [*self._log.since(at, place), item]
            at = place
        return items + self._log.since(at)
