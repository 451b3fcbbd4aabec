"""The backlog of one client, compared with a plain list of what must wait."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from implementations.core.backlog import (
    MAX_BACKLOG_BYTES,
    MAX_BATCH_BYTES,
    Backlog,
    SlowConsumer,
)


EVERY_POLICY = pytest.mark.parametrize("policy", SlowConsumer, ids=lambda policy: policy.value)


def full_backlog(policy: SlowConsumer) -> Backlog:
    """Return a backlog of three places with ``first``, ``second`` and ``third`` in it."""
    backlog = Backlog(3, policy)
    for data in (b"first ", b"second ", b"third "):
        assert backlog.offer(data)
    return backlog


@pytest.mark.parametrize(
    ("policy", "taken_in", "kept", "dropped"),
    [
        (SlowConsumer.DISCONNECT, False, b"first second third ", 0),
        (SlowConsumer.DROP_OLDEST, True, b"second third new", 1),
        (SlowConsumer.DROP_NEWEST, True, b"first second third ", 1),
        (SlowConsumer.BLOCK, True, b"first second third new", 0),
    ],
    ids=[policy.value for policy in SlowConsumer],
)
def test_full_backlog_does_as_its_policy_says(
    policy: SlowConsumer, taken_in: bool, kept: bytes, dropped: int
) -> None:
    """The policy alone decides what a full backlog does with one more message."""
    backlog = full_backlog(policy)

    assert backlog.offer(b"new") is taken_in

    assert backlog.dropped == dropped
    assert backlog.take() == kept


@pytest.mark.parametrize(
    ("policy", "taken_in"),
    [
        (SlowConsumer.DISCONNECT, False),
        (SlowConsumer.DROP_OLDEST, True),
        (SlowConsumer.DROP_NEWEST, True),
        (SlowConsumer.BLOCK, True),
    ],
    ids=[policy.value for policy in SlowConsumer],
)
def test_backlog_is_full_at_its_bytes_too(policy: SlowConsumer, taken_in: bool) -> None:
    """A backlog that holds 1 MiB is full, even with many free places."""
    backlog = Backlog(1000, policy)
    assert backlog.offer(b"x" * (MAX_BACKLOG_BYTES - 1))
    assert backlog.offer(b"y")

    assert backlog.offer(b"z") is taken_in

    allowed = MAX_BACKLOG_BYTES + (policy is SlowConsumer.BLOCK)
    assert backlog.size_bytes <= allowed


@EVERY_POLICY
def test_empty_backlog_takes_any_message(policy: SlowConsumer) -> None:
    """A single message is never too long: an empty backlog takes it."""
    backlog = Backlog(1, policy)
    huge = b"x" * (MAX_BACKLOG_BYTES + 1)

    assert backlog.offer(huge)

    assert backlog.take() == huge


def test_oldest_messages_make_room_for_a_huge_one() -> None:
    """Under ``drop-oldest`` a long message drops as many others as necessary, even all of them."""
    backlog = full_backlog(SlowConsumer.DROP_OLDEST)

    assert backlog.offer(b"x" * (MAX_BACKLOG_BYTES + 1))

    assert (len(backlog), backlog.dropped) == (1, 3)


def test_nothing_waiting_gives_nothing() -> None:
    """An empty backlog gives out the empty batch, however often it is asked."""
    backlog = Backlog(1, SlowConsumer.DISCONNECT)

    assert [backlog.take(), backlog.take()] == [b"", b""]


@pytest.mark.parametrize(
    ("sizes", "batch_sizes"),
    [
        pytest.param([1, 2, 3], [6], id="small ones go together"),
        pytest.param([MAX_BATCH_BYTES - 1, 1], [MAX_BATCH_BYTES], id="up to the very limit"),
        pytest.param([MAX_BATCH_BYTES, 1], [MAX_BATCH_BYTES, 1], id="and no further"),
        pytest.param([MAX_BATCH_BYTES + 1, 1], [MAX_BATCH_BYTES + 1, 1], id="one longer, alone"),
        pytest.param([40_000, 30_000, 30_000], [40_000, 60_000], id="in order, not best fit"),
    ],
)
def test_batches_are_joined_up_to_the_limit(sizes: list[int], batch_sizes: list[int]) -> None:
    """A batch holds as many messages as fit into one write, in order."""
    backlog = Backlog(10, SlowConsumer.DISCONNECT)
    for size in sizes:
        assert backlog.offer(b"x" * size)

    taken = list(iter(backlog.take, b""))

    assert [len(batch) for batch in taken] == batch_sizes


@pytest.mark.parametrize(
    ("capacity", "behind_at", "caught_up_at"),
    [(1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 2, 1), (256, 128, 64)],
)
def test_marks_stand_at_a_half_and_a_quarter(
    capacity: int, behind_at: int, caught_up_at: int
) -> None:
    """A backlog with half its places taken is behind; with a quarter it has caught up."""
    backlog = Backlog(capacity, SlowConsumer.DISCONNECT)

    behind, caught_up = [], [backlog.caught_up]
    for _ in range(capacity):
        backlog.offer(b"x")
        behind.append(backlog.behind)
        caught_up.append(backlog.caught_up)

    assert behind.index(True) + 1 == behind_at
    assert len(caught_up) - 1 - caught_up[::-1].index(True) == caught_up_at


def test_marks_count_bytes_too() -> None:
    """A backlog with half a mebibyte is behind; with more than a quarter it has not caught up."""
    backlog = Backlog(1000, SlowConsumer.DISCONNECT)

    backlog.offer(b"x" * (MAX_BACKLOG_BYTES // 4))
    first = (backlog.behind, backlog.caught_up)
    backlog.offer(b"x" * (MAX_BACKLOG_BYTES // 4 - 1))
    second = (backlog.behind, backlog.caught_up)
    backlog.offer(b"x")
    third = (backlog.behind, backlog.caught_up)

    assert [first, second, third] == [(False, True), (False, False), (True, False)]


SIZES = st.sampled_from(
    [8, 8, 8, 100, MAX_BATCH_BYTES - 8, MAX_BATCH_BYTES, 400_000, MAX_BACKLOG_BYTES, 1_100_000]
)


@pytest.mark.parametrize("policy", [SlowConsumer.DISCONNECT, SlowConsumer.DROP_OLDEST])
def test_what_is_exempt_takes_no_place_from_others(policy: SlowConsumer) -> None:
    """Departures that wait take no place from other messages."""
    backlog = Backlog(3, policy)
    for _ in range(10):
        backlog.offer(b"* left ", exempt=True)

    taken_in = [backlog.offer(b"talk ") for _ in range(3)]

    assert taken_in == [True] * 3
    assert backlog.dropped == 0
    assert backlog.take() == b"* left " * 10 + b"talk " * 3
    for _ in range(3):
        backlog.offer(b"talk ")
    assert backlog.offer(b"more ") is (policy is SlowConsumer.DROP_OLDEST)


def test_what_is_exempt_frees_no_place_when_it_goes() -> None:
    """A batch with departures in it leaves the right number of places for the others."""
    backlog = Backlog(2, SlowConsumer.DISCONNECT)
    backlog.offer(b"x" * MAX_BATCH_BYTES, exempt=True)
    backlog.offer(b"one ")
    backlog.take()

    assert backlog.offer(b"two ")
    assert not backlog.offer(b"three ")
    assert backlog.take() == b"one two "


def test_rest_of_a_half_sent_message_comes_first_and_alone() -> None:
    """A rest that is put back comes out before everything else, and no policy drops it."""
    backlog = Backlog(1, SlowConsumer.DROP_OLDEST)
    backlog.begin(b"rest ")
    backlog.offer(b"first ")
    backlog.offer(b"second ")

    assert backlog.size_bytes == len(b"rest second ")
    assert [backlog.take(), backlog.take()] == [b"rest ", b"second "]
    assert (backlog.size_bytes, backlog.dropped) == (0, 1)


class BacklogMachine(RuleBasedStateMachine):
    """Random offers and takes, compared with a list and the rules of the policy."""

    policy: SlowConsumer

    @initialize(capacity=st.integers(1, 5))
    def start(self, capacity: int) -> None:
        self.capacity = capacity
        self.backlog = Backlog(capacity, self.policy)
        self.model: list[bytes] = []
        self.dropped = 0
        self.numbers = itertools.count()

    @rule(size=SIZES)
    def offer(self, size: int) -> None:
        data = next(self.numbers).to_bytes(8, "big").ljust(size, b".")

        taken_in = self.backlog.offer(data)

        if self._fits(size) or self.policy is SlowConsumer.BLOCK:
            assert taken_in
            self.model.append(data)
        elif self.policy is SlowConsumer.DISCONNECT:
            assert not taken_in
        elif self.policy is SlowConsumer.DROP_NEWEST:
            assert taken_in
            self.dropped += 1
        else:
            assert taken_in
            while not self._fits(size):
                del self.model[0]
                self.dropped += 1
            self.model.append(data)

    @rule()
    def take(self) -> None:
        together = self.model[:1]
        for data in self.model[1:]:
            if sum(map(len, together)) + len(data) > MAX_BATCH_BYTES:
                break
            together.append(data)

        assert self.backlog.take() == b"".join(together)

        del self.model[: len(together)]

    @invariant()
    def counts_are_right(self) -> None:
        assert len(self.backlog) == len(self.model)
        assert self.backlog.size_bytes == sum(map(len, self.model))
        assert self.backlog.dropped == self.dropped

    @invariant()
    def holds_no_more_than_it_may(self) -> None:
        if self.policy is not SlowConsumer.BLOCK:
            assert len(self.backlog) <= self.capacity
            assert self.backlog.size_bytes <= MAX_BACKLOG_BYTES or len(self.backlog) == 1

    def _fits(self, size: int) -> bool:
        waiting_bytes = sum(map(len, self.model))
        return not self.model or (
            len(self.model) < self.capacity and waiting_bytes + size <= MAX_BACKLOG_BYTES
        )


@EVERY_POLICY
def test_any_history_agrees_with_the_model(policy: SlowConsumer) -> None:
    """After any offers and takes, the messages that wait are those that the policy demands."""
    machine = type("Machine", (BacklogMachine,), {"policy": policy})

    run_state_machine_as_test(machine)


def test_bytes_of_what_is_exempt_take_no_room_from_others() -> None:
    """A departure that waits leaves 1 MiB to all others, to the byte."""
    backlog = Backlog(1000, SlowConsumer.DISCONNECT)
    backlog.offer(b"* left ", exempt=True)

    assert backlog.offer(b"x" * (MAX_BACKLOG_BYTES - 1))
    assert backlog.offer(b"y")
    assert not backlog.offer(b"z")


def test_departure_that_is_dropped_frees_no_place() -> None:
    """Under ``drop-oldest`` a departure goes in its turn, and only talk makes room for talk."""
    backlog = Backlog(3, SlowConsumer.DROP_OLDEST)
    backlog.offer(b"a ")
    backlog.offer(b"* left ", exempt=True)
    for data in (b"b ", b"c ", b"d ", b"e "):
        backlog.offer(data)

    assert backlog.dropped == 3
    assert backlog.take() == b"c d e "


@EVERY_POLICY
def test_full_backlog_takes_a_departure(policy: SlowConsumer) -> None:
    """Whatever the policy does with talk, a departure is queued, and nothing goes for it."""
    backlog = full_backlog(policy)

    assert backlog.offer(b"* left", exempt=True)

    assert backlog.dropped == 0
    assert backlog.take() == b"first second third * left"


@pytest.mark.parametrize(
    ("capacity", "waiting", "depth"),
    [
        (4, [], 0),
        (4, [b"x"], 63),
        (4, [b"x"] * 4, 255),
        (1000, [b"x"], 1),
        (1000, [b"x"] * 999, 254),
        (1000, [b"x" * (MAX_BACKLOG_BYTES // 2)], 127),
        (1000, [b"x" * (2 * MAX_BACKLOG_BYTES)], 255),
    ],
)
def test_depth_is_the_fuller_share(capacity: int, waiting: list[bytes], depth: int) -> None:
    """The depth is the share of the messages or of the bytes that wait; 0 only if nothing does."""
    backlog = Backlog(capacity, SlowConsumer.DISCONNECT)
    for data in waiting:
        assert backlog.offer(data)

    assert backlog.depth == depth


def test_rest_of_a_message_has_a_depth() -> None:
    """The rest of a half-sent message counts, too."""
    backlog = Backlog(4, SlowConsumer.DISCONNECT)
    backlog.begin(b"x")

    assert backlog.depth == 1
