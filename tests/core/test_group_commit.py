"""The group commit: what a fan-out does step by step, written out once for many steps."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from implementations.core.causes import Cause
from implementations.core.commands import Command, Rename, Say, Who
from implementations.core.errors import HubClosed, RoomFull
from implementations.core.fanout import Fanout, Stats
from implementations.core.group_commit import Group, GroupCommit, Item
from implementations.core.message import TCP, WS, Message, encode


class FakeOutbox:
    """An outbox that is full when the test says so, and knows what may not happen to one."""

    def __init__(self, free: int = 1_000_000) -> None:
        self.free = free  # messages that it still takes
        self.groups: list[list[str]] = []
        self.refused = False
        self.cause: Cause | None = None

    @property
    def lines(self) -> list[str]:
        """All that it took."""
        return [line for group in self.groups for line in group]

    def push(self, group: Group) -> bool:
        assert group.items, "nothing is pushed"
        assert self.cause is None, "pushed to after its goodbye"
        assert not self.refused, "pushed to after it refused"
        assert group.joined.tcp == b"".join(item.message.tcp for item in group.items)
        assert group.joined.ws == b"".join(item.message.ws for item in group.items)
        taken: list[str] = []
        self.groups.append(taken)
        for message, exempt in group.items:
            if self.free == 0 and not exempt:
                self.refused = True
                return False
            self.free -= not exempt
            taken += message.tcp.decode().splitlines()
        return True

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """As an outbox of the plain fan-out."""
        return self.push(Group([Item(message, exempt)]))

    def close(self, cause: Cause) -> None:
        assert self.cause is None, "closed twice"
        self.cause = cause


def room_of(*outboxes: FakeOutbox, max_clients: int = 10) -> GroupCommit:
    """Return a room whose members 0, 1, … have ``outboxes``, and the names a, b, …"""
    room = GroupCommit(max_clients)
    for client_id, outbox in enumerate(outboxes):
        room.join(client_id, f"127.0.0.1:{client_id}", outbox)
        room.submit(client_id, Rename(chr(ord("a") + client_id)))
    room.commit()
    for outbox in outboxes:
        outbox.groups.clear()
    return room


@pytest.mark.parametrize("door", [TCP, WS])
def test_group_joins_its_messages_at_each_door(door: int) -> None:
    """A group's bytes are its messages' bytes in a row, whether it holds one or more."""
    one, two = encode("one"), encode("two")

    assert Group([Item(one)]).joined[door] == one[door]
    assert Group([Item(one), Item(two)]).joined[door] == one[door] + two[door]


def test_nothing_goes_out_before_the_commit() -> None:
    """Steps are recorded; the commit writes them, once for all of them."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)

    room.submit(0, Say("hello"))
    room.submit(1, Say("hi"))
    before = list(anna.groups)
    room.commit()
    room.commit()

    assert before == []
    assert anna.groups == ben.groups == [["a: hello", "b: hi"]]


def test_newcomer_gets_its_welcome_and_then_what_came_after_it() -> None:
    """What was said before a newcomer came, in the same group, is not for it."""
    anna, zoe = FakeOutbox(), FakeOutbox()
    room = room_of(anna)

    room.submit(0, Say("before"))
    room.join(1, "127.0.0.1:1", zoe)
    room.submit(0, Say("after"))
    room.commit()

    assert anna.groups == [["a: before", "* 127.0.0.1:1 joined", "a: after"]]
    assert zoe.groups == [["* you are 127.0.0.1:1", "* online (2): a, 127.0.0.1:1", "a: after"]]


def test_answer_keeps_its_place_among_what_is_for_all() -> None:
    """What is for one member alone reaches it where it was asked for, and nobody else."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)

    room.submit(0, Say("before"))
    room.submit(0, Who())
    room.submit(0, Say("after"))
    room.submit(0, Who())
    room.commit()

    assert anna.lines == ["a: before", "* online (2): a, b", "a: after", "* online (2): a, b"]
    assert ben.lines == ["a: before", "a: after"]


def test_leaver_gets_all_up_to_its_departure() -> None:
    """Who leaves has what was said until then, its answers too, and hears no more."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)

    room.submit(0, Say("before"))
    room.submit(1, Who())
    room.leave(1, Cause.QUIT)
    room.leave(1, Cause.LEFT)
    room.submit(0, Say("after"))
    room.commit()

    assert (ben.lines, ben.cause) == (["a: before", "* online (2): a, b"], Cause.QUIT)
    assert anna.lines == ["a: before", "* b left", "a: after"]


def test_leaver_with_nothing_to_hear_is_only_closed() -> None:
    """Who leaves before anything was said is pushed nothing."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)

    room.leave(1, Cause.TOO_SLOW)
    room.commit()

    assert (ben.groups, ben.cause) == ([], Cause.TOO_SLOW)
    assert room.stats().evictions == 1


@pytest.mark.parametrize("asks", [False, True])
def test_who_overflows_has_left_when_the_commit_ends(asks: bool) -> None:
    """A member that refuses is cut off, and the others hear why in the same commit."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)
    ben.free = 0

    room.submit(1, Who() if asks else Say("hello"))
    room.commit()

    assert ben.cause is Cause.TOO_SLOW
    assert anna.lines == ([] if asks else ["b: hello"]) + ["* b was too slow"]
    assert room.stats().evictions == 1


def test_refused_newcomers_are_told_and_heard_by_nobody() -> None:
    """A full or a closed room refuses at once, and no commit says anything of it."""
    anna, late = FakeOutbox(), FakeOutbox()
    room = room_of(anna, max_clients=1)

    with pytest.raises(RoomFull):
        room.join(1, "127.0.0.1:1", late)
    room.close()
    with pytest.raises(HubClosed):
        room.join(1, "127.0.0.1:1", late)
    room.close()
    room.commit()

    assert (anna.lines, anna.cause) == (["* server is shutting down"], Cause.SHUTDOWN)
    assert (late.lines, late.cause) == ([], None)


STEPS = st.lists(
    st.one_of(
        st.just("join"),
        st.just("commit"),
        st.just("close"),
        st.tuples(st.integers(0, 5), st.sampled_from([*Cause])),
        st.tuples(
            st.integers(0, 5),
            st.one_of(st.builds(Say, st.sampled_from("xyz")), st.just(Who())),
        ),
        st.tuples(st.integers(0, 5), st.builds(Rename, st.sampled_from("abc:"))),
    ),
    max_size=30,
)
Step = str | tuple[int, Cause | Command]


@given(STEPS)
def test_group_commit_says_what_the_fanout_says(steps: list[Step]) -> None:
    """However steps are grouped, every member hears the same lines as if none were."""
    assert heard(GroupCommit(5), steps) == heard(Fanout(5), steps)


@given(STEPS, st.lists(st.integers(0, 6), min_size=6, max_size=6))
def test_members_that_overflow_have_no_gap(steps: list[Step], free: list[int]) -> None:
    """However outboxes overflow, each hears one stretch of what a witness hears."""
    room = GroupCommit(7)
    witness = FakeOutbox()
    room.join(-1, "witness:1", witness)
    room.commit()
    outboxes = play(room, steps, free)
    everything = for_all(witness)
    for outbox in outboxes:
        lines = for_all(outbox)
        assert lines in [
            everything[begin : begin + len(lines)] for begin in range(len(everything) + 1)
        ]
    slow = [line for line in everything if line.endswith("was too slow")]
    assert room.stats().evictions == len(slow)


def heard(room: GroupCommit | Fanout, steps: list[Step]) -> tuple[list[list[str]], Stats]:
    """Return what each member heard, and the counts."""
    outboxes = play(room, steps, [1_000_000] * 6)
    return [outbox.lines for outbox in outboxes], room.stats()


def play(room: GroupCommit | Fanout, steps: list[Step], free: list[int]) -> list[FakeOutbox]:
    """Carry out ``steps`` and return the outboxes of all who were let in or refused."""
    outboxes: list[FakeOutbox] = []
    for step in [*steps, "commit"]:
        match step:
            case "join":
                if len(outboxes) == len(free):
                    continue
                client_id, outbox = len(outboxes), FakeOutbox(free[len(outboxes)])
                outboxes.append(outbox)
                with contextlib.suppress(RoomFull, HubClosed):
                    room.join(client_id, f"127.0.0.1:{client_id}", outbox)
            case "close":
                room.close()
            case "commit":
                if isinstance(room, GroupCommit):
                    room.commit()
            case (int(client_id), Cause() as cause):
                room.leave(client_id, cause)
            case (int(client_id), command):
                assert not isinstance(command, Cause)
                room.submit(client_id, command)
    return outboxes


def for_all(outbox: FakeOutbox) -> list[str]:
    """Return what ``outbox`` took of what was for all."""
    return [line for line in outbox.lines if not line.startswith(("* you are ", "* online ", "! "))]
