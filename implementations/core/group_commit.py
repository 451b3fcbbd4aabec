"""The fan-out of the ``DirectHub``: the room takes many steps, then each member gets one write.

The steps are those of `fanout.Fanout`, in the same order, but nothing goes out before `commit`
(group_writer.py).

Invariants:
  1. No method waits.
  2. A member that was cut off during a commit has left the room when the commit returns, and the
     next commit tells the others.

Not thread-safe: only its owner may use it.
"""

from __future__ import annotations

from dataclasses import replace

from implementations.core.causes import Cause
from implementations.core.commands import Command
from implementations.core.counted_room import CountedRoom, Stats
from implementations.core.group_writer import GroupWriter, Outbox, PushMany, one_by_one
from implementations.core.room import ClientId


__all__ = ["GroupCommit"]


class GroupCommit:
    """A room and the outboxes of its members.

    Args:
        max_clients: the most members that the room takes.
        push_many: how a group gets to all members of a stretch that need the same one.
    """

    def __init__(self, max_clients: int, push_many: PushMany = one_by_one) -> None:
        self._room = CountedRoom(max_clients)
        self._writer = GroupWriter(push_many)

    @property
    def underway(self) -> int:
        """How much is not written out yet. While it is not 0, call `commit`."""
        return self._writer.underway

    @property
    def stretch(self) -> int:
        """How many members to write to before it is time to look for new commands."""
        return self._writer.stretch

    def join(self, client_id: ClientId, address: str, outbox: Outbox) -> None:
        """Let a newcomer in and announce it. Its welcome is the first thing in ``outbox``.

        Raises:
            RoomFull: the room has ``max_clients`` members.
            HubClosed: ``close`` was called.
        """
        deliveries = self._room.join(client_id, address)
        self._writer.admit(client_id, outbox)
        self._writer.record(deliveries)

    def leave(self, client_id: ClientId, cause: Cause) -> None:
        """End a member's stay and tell the others the cause. Idempotent."""
        self._writer.record(self._room.leave(client_id, cause))

    def submit(self, client_id: ClientId, command: Command) -> None:
        """Do what a member asks. Do nothing for a client that has left."""
        self._writer.record(self._room.submit(client_id, command))

    def stats(self) -> Stats:
        """Return the counts."""
        return replace(self._room.stats(), deliveries=self._writer.deliveries)

    def close(self) -> None:
        """Announce the shutdown, close every outbox, and let nobody in after that. Idempotent."""
        self._writer.record(self._room.close())

    def commit(self, turns: int) -> None:
        """Flush the next members in turn, at most ``turns`` of them: `GroupWriter.commit`."""
        for client_id in self._writer.commit(turns):
            self._writer.record(self._room.leave(client_id, Cause.TOO_SLOW))
