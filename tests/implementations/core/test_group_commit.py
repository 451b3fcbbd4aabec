"""The group commit: the same steps as a fan-out, but one write for many of them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from implementations.core.causes import Cause
from implementations.core.commands import Command, Rename, Say, Who
from implementations.core.counted_room import Stats
from implementations.core.errors import HubClosed, RoomFull
from implementations.core.fanout import Fanout
from implementations.core.group import Group, Item
from implementations.core.group_commit import GroupCommit
from implementations.core.group_writer import SHORT_STRETCH, STRETCH
from implementations.core.message import Message


class FakeOutbox:
    """An outbox that is full when the test says so, and that fails when it is misused."""

    def __init__(self, free: int = 1_000_000) -> None:
        self.free = free  # how many messages it still takes
        self.groups: list[list[str]] = []
        self.refused = False
        self.left_out = 0
        self.cause: Cause | None = None

    @property
    def lines(self) -> list[str]:
        """All lines that it took."""
        return [line for group in self.groups for line in group]

    def push(self, group: Group) -> bool:
        assert group.items, "nothing is pushed"
        assert self.cause is None, "pushed to after its goodbye"
        assert not self.refused, "pushed to after it refused"
        assert group.joined.tcp == b"".join(item.message.tcp for item in group.items)
        assert group.joined.ws == b"".join(item.message.ws for item in group.items)
        taken: list[str] = []
        self.groups.append(taken)
        for index, (message, exempt) in enumerate(group.items):
            if self.free == 0 and not exempt:
                self.refused = True
                self.left_out = len(group.items) - index
                return False
            self.free -= not exempt
            taken += message.tcp.decode().splitlines()
        return True

    def offer(self, message: Message, exempt: bool = False) -> bool:
        """Take a message as an outbox of the plain fan-out does."""
        return self.push(Group([Item(message, exempt)]))

    def close(self, cause: Cause) -> None:
        assert self.cause is None, "closed twice"
        self.cause = cause


def write_out(room: GroupCommit) -> None:
    """Commit until every member has everything."""
    for _ in range(100):
        room.commit(2)
        if not room.underway:
            return
    pytest.fail(f"still {room.underway} underway")


def room_of(*outboxes: FakeOutbox, max_clients: int = 10) -> GroupCommit:
    """Return a room whose members 0, 1, … have ``outboxes``, and the names a, b, …"""
    room = GroupCommit(max_clients)
    for client_id, outbox in enumerate(outboxes):
        room.join(client_id, f"127.0.0.1:{client_id}", outbox)
        room.submit(client_id, Rename(chr(ord("a") + client_id)))
    write_out(room)
    for outbox in outboxes:
        outbox.groups.clear()
    return room


def test_nothing_goes_out_before_the_commit() -> None:
    """Steps are only recorded; the commit writes all of them at once."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)

    room.submit(0, Say("hello"))
    room.submit(1, Say("hi"))
    before = list(anna.groups)
    room.commit(2)
    room.commit(2)

    assert before == []
    assert anna.groups == ben.groups == [["a: hello", "b: hi"]]


def test_what_is_said_in_a_round_goes_on_from_there() -> None:
    """A message in the middle of a round goes first to the members whose turn is still to come."""
    anna, ben, carl = FakeOutbox(), FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben, carl)
    underway = []

    room.submit(0, Say("one"))
    room.commit(1)
    room.submit(0, Say("two"))
    for _ in range(3):
        room.commit(1)
        underway.append(room.underway)

    assert anna.groups == [["a: one"], ["a: two"]]
    assert ben.groups == carl.groups == [["a: one", "a: two"]]
    assert underway == [2, 1, 0]


def test_stretches_are_short_while_messages_overlap() -> None:
    """Stretches are long while one message is on its way, and short while two overlap."""
    room = room_of(*[FakeOutbox() for _ in range(4)])
    stretches = []

    for said in (["one"], ["two"], [], [], [], ["three"]):
        for text in said:
            room.submit(0, Say(text))
        stretches.append(room.stretch)
        room.commit(2)

    long, short = STRETCH, SHORT_STRETCH
    assert stretches == [long, short, short, long, long, long]


def test_newcomer_of_a_round_waits_for_no_turn() -> None:
    """A newcomer in the middle of a round is welcomed at once, and its turn is the last."""
    anna, ben, zoe = FakeOutbox(), FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)

    room.submit(0, Say("one"))
    room.commit(1)
    room.join(2, "zoe:2", zoe)
    room.submit(0, Say("two"))
    room.commit(1)
    at_once = [list(outbox.groups) for outbox in (anna, ben, zoe)]
    write_out(room)

    welcome = ["* you are zoe:2", "* online (3): a, b, zoe:2", "a: two"]
    assert at_once == [[["a: one"]], [["a: one", "* zoe:2 joined", "a: two"]], [welcome]]
    assert anna.lines == ["a: one", "* zoe:2 joined", "a: two"]


def test_newcomer_gets_its_welcome_and_then_what_came_after_it() -> None:
    """A newcomer does not get what was said before it came, even in the same group."""
    anna, zoe = FakeOutbox(), FakeOutbox()
    room = room_of(anna)

    room.submit(0, Say("before"))
    room.join(1, "127.0.0.1:1", zoe)
    room.submit(0, Say("after"))
    write_out(room)

    assert anna.groups == [["a: before", "* 127.0.0.1:1 joined", "a: after"]]
    assert zoe.groups == [["* you are 127.0.0.1:1", "* online (2): a, 127.0.0.1:1", "a: after"]]


def test_answer_keeps_its_place_among_what_is_for_all() -> None:
    """An answer reaches only its asker, at the place where the asker asked."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)

    room.submit(0, Say("before"))
    room.submit(0, Who())
    room.submit(0, Say("after"))
    room.submit(0, Who())
    write_out(room)

    assert anna.lines == ["a: before", "* online (2): a, b", "a: after", "* online (2): a, b"]
    assert ben.lines == ["a: before", "a: after"]


def test_leaver_gets_all_up_to_its_departure() -> None:
    """A leaver gets what was said until then, with its own answers, and nothing after it."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)

    room.submit(0, Say("before"))
    room.submit(1, Who())
    room.leave(1, Cause.QUIT)
    room.leave(1, Cause.LEFT)
    room.submit(0, Say("after"))
    write_out(room)

    assert (ben.lines, ben.cause) == (["a: before", "* online (2): a, b"], Cause.QUIT)
    assert anna.lines == ["a: before", "* b left", "a: after"]


def test_leaver_that_does_not_take_its_last_lines_is_told_so() -> None:
    """A member that leaves, and whose outbox is full, does not get a goodbye that says all is well.

    The others hear that it left, for so it did.
    """
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)
    ben.free = 1

    room.submit(0, Say("one"))
    room.submit(0, Say("two"))
    room.leave(1, Cause.LEFT)
    write_out(room)

    assert ben.lines == ["a: one"]
    assert ben.cause is Cause.TOO_SLOW
    assert anna.lines == ["a: one", "a: two", "* b left"]


def test_leaver_with_nothing_to_hear_is_only_closed() -> None:
    """Nothing is pushed to a leaver that needs nothing; its outbox is only closed."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)

    room.leave(1, Cause.TOO_SLOW)
    write_out(room)

    assert (ben.groups, ben.cause) == ([], Cause.TOO_SLOW)
    assert room.stats().evictions == 1


@pytest.mark.parametrize("asks", [False, True])
def test_member_that_overflows_is_cut_off_and_the_others_hear_why(asks: bool) -> None:
    """A member that refuses is closed and counted, and the others hear of its departure."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)
    ben.free = 0

    room.submit(1, Who() if asks else Say("hello"))
    write_out(room)

    assert ben.cause is Cause.TOO_SLOW
    assert anna.lines == ([] if asks else ["b: hello"]) + ["* b was too slow"]
    assert room.stats().evictions == 1


def test_refused_newcomers_are_told_and_heard_by_nobody() -> None:
    """A full or closed room refuses a newcomer at once, and no commit mentions it."""
    anna, late = FakeOutbox(), FakeOutbox()
    room = room_of(anna, max_clients=1)

    with pytest.raises(RoomFull):
        room.join(1, "127.0.0.1:1", late)
    room.close()
    with pytest.raises(HubClosed):
        room.join(1, "127.0.0.1:1", late)
    room.close()
    write_out(room)

    assert (anna.lines, anna.cause) == (["* server is shutting down"], Cause.SHUTDOWN)
    assert (late.lines, late.cause) == ([], None)


STEPS = st.lists(
    st.one_of(
        st.just("join"),
        st.integers(1, 4),  # commit to at most so many members
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
Step = int | str | tuple[int, Cause | Command]


@given(STEPS)
def test_group_commit_says_what_the_fanout_says(steps: list[Step]) -> None:
    """However steps are grouped, every member gets the same lines as from a fan-out."""
    assert heard(GroupCommit(5), steps) == heard(Fanout(5), steps)


@given(STEPS, st.lists(st.integers(0, 6), min_size=6, max_size=6))
def test_members_that_overflow_have_no_gap(steps: list[Step], free: list[int]) -> None:
    """Whichever outboxes overflow, each gets one unbroken part of what a witness gets."""
    room = GroupCommit(7)
    witness = FakeOutbox()
    room.join(-1, "witness:1", witness)
    write_out(room)
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
    """Return what each member got, and the counts."""
    outboxes = play(room, steps, [1_000_000] * 6)
    return [outbox.lines for outbox in outboxes], room.stats()


def play(room: GroupCommit | Fanout, steps: list[Step], free: list[int]) -> list[FakeOutbox]:
    """Carry out ``steps`` and return the outboxes of all clients, let in or refused."""
    outboxes: list[FakeOutbox] = []
    for step in steps:
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
            case int():
                if isinstance(room, GroupCommit):
                    room.commit(step)
            case (int(client_id), Cause() as cause):
                room.leave(client_id, cause)
            case (int(client_id), command):
                assert not isinstance(command, Cause)
                room.submit(client_id, command)
    if isinstance(room, GroupCommit):
        write_out(room)
    return outboxes


def for_all(outbox: FakeOutbox) -> list[str]:
    """Return the lines for all that ``outbox`` took."""
    return [line for line in outbox.lines if not line.startswith(("* you are ", "* online ", "! "))]


@pytest.mark.parametrize("asks", [False, True])
def test_what_a_member_refuses_is_no_delivery(asks: bool) -> None:
    """Nothing of a group that a member refuses counts as delivered to it."""
    anna, ben = FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben)
    before = room.stats().deliveries
    ben.free = 0

    room.submit(0, Say("hello"))
    room.submit(1, Who() if asks else Say("hello too"))
    write_out(room)

    assert room.stats().deliveries - before == len(anna.lines)


def test_each_member_of_a_stretch_gets_what_it_needs() -> None:
    """A member that had an answer before its turn needs less than the next member in turn."""
    anna, ben, cara = FakeOutbox(), FakeOutbox(), FakeOutbox()
    room = room_of(anna, ben, cara)

    room.submit(0, Say("one"))
    room.submit(1, Who())
    room.commit(1)
    room.submit(0, Say("two"))
    write_out(room)

    assert anna.lines == ["a: one", "a: two"]
    assert ben.lines == ["a: one", "* online (3): a, b, c", "a: two"]
    assert cara.lines == ["a: one", "a: two"]
