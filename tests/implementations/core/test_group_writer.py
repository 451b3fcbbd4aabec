"""The group writer without a room; with one it is tested in test_group_commit.py."""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.core.group import Group
from implementations.core.group_writer import GroupWriter
from implementations.core.room import Goodbye, ToAll, ToOne


class Outbox:
    """It takes what it is given, or refuses all of it."""

    def __init__(self, full: bool = False) -> None:
        self.full = full
        self.text = b""
        self.cause: Cause | None = None
        self.left_out = 0

    def push(self, group: Group) -> bool:
        self.text += b"" if self.full else group.joined.tcp
        self.left_out = len(group.items) if self.full else 0
        return not self.full

    def close(self, cause: Cause) -> None:
        self.cause = cause


def test_member_that_was_cut_off_gets_nothing_more() -> None:
    """The writer reports it once; the room may go on to name it until it knows."""
    writer, slow, other = GroupWriter(), Outbox(full=True), Outbox()
    writer.admit(1, slow)
    writer.admit(2, other)
    writer.record([ToAll("x")])
    assert writer.commit(10) == [1]

    writer.record([ToOne(1, ("y",)), ToAll("z"), Goodbye(1, Cause.TOO_SLOW)])

    assert writer.commit(10) == []
    assert slow.cause is Cause.TOO_SLOW
    assert other.text == b"x\nz\n"
    assert writer.underway == 0


class Choosy(Outbox):
    """It takes so many messages of a group, and refuses the rest."""

    def __init__(self, takes: int) -> None:
        super().__init__()
        self.takes = takes

    def push(self, group: Group) -> bool:
        self.left_out = max(0, len(group.items) - self.takes)
        return not self.left_out


def test_what_a_full_outbox_took_is_delivered() -> None:
    """Of a group that is refused in the middle, the first messages count as delivered."""
    writer = GroupWriter()
    writer.admit(1, Choosy(2))
    writer.record([ToAll("a"), ToAll("b"), ToAll("c")])

    assert writer.commit(10) == [1]
    assert writer.deliveries == 2


def test_private_messages_are_no_deliveries() -> None:
    """Of a group with private messages only the public ones that were refused are subtracted."""
    writer = GroupWriter()
    writer.admit(1, Choosy(1))
    writer.record([ToAll("a"), ToOne(1, ("p",)), ToAll("b"), ToOne(1, ("q",))])

    assert writer.commit(10) == [1]
    assert writer.deliveries == 1
