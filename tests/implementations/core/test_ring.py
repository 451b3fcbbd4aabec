"""The ring: whose turn it is while members come and go."""

from __future__ import annotations

import weakref

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from implementations.core.ring import Ring


def ring_of(members: str) -> Ring[str]:
    """Return a ring of members with one letter each."""
    ring: Ring[str] = Ring()
    for member in members:
        ring.insert(member)
    return ring


def test_turns_go_round() -> None:
    """Each member has its turn after the one before it, and after the last comes the first."""
    ring = ring_of("abc")

    assert [ring.due(2), ring.due(2), ring.due(2)] == [["a", "b"], ["c"], ["a", "b"]]
    assert ring.turns == 5


def test_ring_without_members_has_no_turns() -> None:
    """An empty ring gives no turns."""
    ring = ring_of("")

    assert (ring.due(3), ring.turns, len(ring)) == ([], 0, 0)


def test_newcomer_has_the_last_turn_of_the_round() -> None:
    """A newcomer in the middle of a round waits until all others have had their turns."""
    ring = ring_of("abc")

    ring.due(1)
    ring.insert("d")

    assert (ring.due(2), ring.due(2)) == (["b", "c"], ["a", "d"])


def test_removed_member_is_passed_over() -> None:
    """A removed member gets no turn; its turn is skipped, and the others keep their numbers."""
    ring = ring_of("abcd")

    ring.due(1)
    ring.remove("c")
    ring.remove("a")

    assert len(ring) == 4
    assert (ring.due(2), ring.turns) == (["b"], 3)
    assert (ring.due(1), ring.due(1), ring.turns) == (["d"], [], 5)
    assert (len(ring), ring.due(9)) == (2, ["b", "d"])


class RingMachine(RuleBasedStateMachine):
    """Members that come and go while turns are taken."""

    @initialize()
    def open(self) -> None:
        self.ring: Ring[int] = Ring()
        self.members: dict[int, int] = {}  # with the turn by which each must get its next one

    @rule()
    def insert(self) -> None:
        member = len(self.members)
        self.ring.insert(member)
        self.members[member] = self.ring.turns + len(self.ring)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        staying = [member for member, by in self.members.items() if by >= 0]
        if staying:
            member = data.draw(st.sampled_from(staying))
            self.ring.remove(member)
            self.members[member] = -1  # never again

    @rule(turns=st.integers(0, 4))
    def take_turns(self, turns: int) -> None:
        before = self.ring.turns

        due = self.ring.due(turns)

        assert len(due) <= self.ring.turns - before <= turns
        assert len(set(due)) == len(due)
        for member in due:
            assert self.members[member] > before
            self.members[member] = self.ring.turns + len(self.ring)
        for by in self.members.values():
            assert by < 0 or by > self.ring.turns, "a member has missed its turn"


def test_every_member_has_its_turn_in_each_round() -> None:
    """No member waits for more turns than the ring has members."""
    run_state_machine_as_test(RingMachine)


def test_removed_member_is_forgotten_after_its_turn() -> None:
    """A ring keeps nothing of a member that was removed and has had its turn."""

    class Member:
        pass

    ring: Ring[Member] = Ring()
    member = Member()
    gone = weakref.ref(member)
    ring.insert(member)
    ring.insert(Member())

    ring.remove(member)
    ring.due(2)
    del member

    assert gone() is None
