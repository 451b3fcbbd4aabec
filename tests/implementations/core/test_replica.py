"""The replicated room: step by step, and then any log, with entries late, repeated and missing."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implementations.core.causes import Cause
from implementations.core.commands import Quit, Rename, Say, Who
from implementations.core.entries import Ask, Beat, End, Entry, Hello, Join, Leave, Life, Step
from implementations.core.replica import (
    CODE,
    DIGESTS_KEPT,
    SILENT_BEATS,
    Outcome,
    Refused,
    Replica,
    client_id,
    local_number,
)
from implementations.core.room import Goodbye, ToAll, ToOne


HELLO = Hello(CODE, "15.0.0", 10)


class Node:
    """What a node appends: entries of one life, numbered."""

    def __init__(self, name: str, number: int = 1, token: str = "t") -> None:
        self.life = Life(name, number, token)
        self.entries: list[Entry] = []

    def entry(self, *steps: Step) -> Entry:
        """Return the node's next entry."""
        self.entries.append(Entry(self.life, len(self.entries), steps))
        return self.entries[-1]

    def hello(self, *steps: Step, hello: Hello = HELLO) -> Entry:
        """Return the entry that begins the life."""
        return self.entry(hello, *steps)


class Log:
    """A log, and one copy of the room that applies it."""

    def __init__(self, copy: Replica | None = None) -> None:
        self.copy = copy or Replica(10, "15.0.0")
        self.entries: list[Entry] = []

    def add(self, *entries: Entry) -> list[Outcome]:
        """Append entries; return what they cause."""
        outcomes: list[Outcome] = []
        for entry in entries:
            self.entries.append(entry)
            outcomes += self.copy.apply(self.copy.place + 1, entry)
        return outcomes


def lines(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the lines for everyone."""
    return [outcome.line for outcome in outcomes if isinstance(outcome, ToAll)]


def test_clients_of_two_nodes_are_in_one_room() -> None:
    """A newcomer at one node hears of the member at the other, and is announced to it."""
    log, one, two = Log(), Node("n1"), Node("n2")
    log.add(one.hello(Join(1, "a:1")))

    outcomes = log.add(two.hello(Join(1, "b:1")))

    assert outcomes == [
        ToAll("* b:1 joined", but=client_id(2, 1)),
        ToOne(client_id(2, 1), ("* you are b:1", "* online (2): a:1, b:1")),
    ]


def test_entry_counts_once() -> None:
    """An entry that the log holds twice, or again later, is applied once."""
    log, one = Log(), Node("n1")
    hello, said = one.hello(Join(1, "a:1")), one.entry(Ask(1, Say("x")))
    more = one.entry(Ask(1, Say("y")))

    outcomes = log.add(hello, said, said, hello, more, said, hello)

    assert lines(outcomes) == ["* a:1 joined", "a:1: x", "a:1: y"]


def test_entry_that_overtook_another_does_not_count() -> None:
    """Entries of one node count in their order only, so the speaker's order holds."""
    log, one = Log(), Node("n1")
    log.add(one.hello(Join(1, "a:1")))
    first, second = one.entry(Ask(1, Say("1"))), one.entry(Ask(1, Say("2")))

    assert lines(log.add(second, first, second)) == ["a:1: 1", "a:1: 2"]


def test_full_room_refuses_at_every_copy() -> None:
    """Where the members of all nodes together are as many as may be, the next one is refused."""
    small = Hello(CODE, "15.0.0", 2)
    log, one, two = Log(Replica(2, "15.0.0")), Node("n1"), Node("n2")
    log.add(one.hello(Join(1, "a:1"), hello=small))

    outcomes = log.add(two.hello(Join(1, "b:1"), Join(2, "b:2"), Ask(2, Say("x")), hello=small))

    assert outcomes[-1] == Refused(client_id(2, 2))
    assert lines(outcomes) == ["* b:1 joined"]


def test_silent_node_is_dead_at_one_place_of_the_log() -> None:
    """After enough beats of another node its members have left, each once, in order of arrival."""
    log, one, two = Log(), Node("n1"), Node("n2")
    log.add(one.hello(Join(1, "a:1")), two.hello(Join(1, "b:1"), Join(2, "b:2")))
    beats = [one.entry(Beat(0, "")) for _ in range(SILENT_BEATS)]

    assert log.add(*beats[:-1]) == []
    outcomes = log.add(beats[-1])

    assert lines(outcomes) == ["* b:1 left", "* b:2 left"]
    assert Goodbye(client_id(2, 1), Cause.LEFT) in outcomes
    assert log.copy.is_over(two.life)
    assert log.copy.nodes == {"n1": SILENT_BEATS}


def test_dead_node_changes_nothing_any_more() -> None:
    """What a node appended before it learnt of its death does not count; nor does its old hello."""
    log, one, two = Log(), Node("n1"), Node("n2")
    hello = two.hello(Join(1, "b:1"))
    log.add(one.hello(Join(1, "a:1")), hello)
    log.add(*(one.entry(Beat(0, "")) for _ in range(SILENT_BEATS)))
    digest = log.copy.digest()

    assert log.add(two.entry(Ask(1, Say("I live"))), two.entry(Join(2, "b:2")), hello) == []
    assert log.copy.digest() == digest
    again = Node("n2", number=log.copy.next_life("n2", "u").number)
    assert lines(log.add(again.hello(Join(1, "b:1")))) == ["* b:1 joined"]


def test_any_entry_shows_that_its_node_lives() -> None:
    """A node that talks is not dead, however many beats of another node have come in all."""
    log, one, two = Log(), Node("n1"), Node("n2")
    log.add(one.hello(), two.hello(Join(1, "b:1")))
    for _ in range(3):
        log.add(*(one.entry(Beat(0, "")) for _ in range(SILENT_BEATS - 1)))
        log.add(two.entry(Ask(1, Who())))

    assert set(log.copy.nodes) == {"n1", "n2"}


def test_beats_of_two_nodes_do_not_add_up() -> None:
    """Only the beats of one node count together: two nodes that go on prove no more than one."""
    log, nodes = Log(), [Node(name) for name in ("n1", "n2", "n3")]
    log.add(*(node.hello() for node in nodes))
    for _ in range(SILENT_BEATS - 1):
        log.add(*(node.entry(Beat(0, "")) for node in nodes[:2]))

    assert set(log.copy.nodes) == {"n1", "n2", "n3"}


def test_beats_that_waited_together_count_once() -> None:
    """After an engine stood still a node may append many beats at once: nobody is dead of that."""
    log, one, two = Log(), Node("n1"), Node("n2")
    log.add(one.hello(), two.hello())

    log.add(one.entry(*(Beat(0, "") for _ in range(2 * SILENT_BEATS))))

    assert set(log.copy.nodes) == {"n1", "n2"}


def test_new_process_of_a_node_replaces_the_old_one() -> None:
    """A node that starts anew need not wait until the others declare its old life dead."""
    log, old = Log(), Node("n1")
    log.add(old.hello(Join(1, "a:1")))
    life = log.copy.next_life("n1", "new")
    new = Node("n1", life.number, life.token)

    assert lines(log.add(new.hello(Join(1, "a:2")))) == ["* a:1 left", "* a:2 joined"]
    assert log.add(old.entry(Ask(1, Say("x")))) == []
    assert log.copy.order_of(old.life) is None
    assert log.copy.order_of(new.life) == 2


def test_two_processes_with_one_name_cannot_both_live() -> None:
    """Of two hellos with one number the first one counts, and the other life is over."""
    log, one, two = Log(), Node("n1", token="1"), Node("n1", token="2")

    outcomes = log.add(one.hello(Join(1, "a:1")), two.hello(Join(1, "b:1")))

    assert lines(outcomes) == ["* a:1 joined"]
    assert log.copy.is_over(two.life)
    assert not log.copy.is_over(one.life)


def test_end_takes_all_members_along() -> None:
    """A node that stops says so, and nothing of its life counts after that."""
    log, one, two = Log(), Node("n1"), Node("n2")
    log.add(one.hello(Join(1, "a:1"), Join(2, "a:2")), two.hello(Join(1, "b:1")))

    outcomes = log.add(one.entry(Ask(2, Quit()), End(), Ask(1, Say("late"))))

    assert lines(outcomes) == ["* a:2 left", "* a:1 left"]
    assert Goodbye(client_id(1, 1), Cause.SHUTDOWN) in outcomes
    assert log.add(one.entry(Ask(1, Say("later")))) == []


@pytest.mark.parametrize(
    "other",
    [
        Hello(CODE + 1, "15.0.0", 10),
        Hello(CODE, "16.0.0", 10),
        Hello(CODE, "15.0.0", 11),
    ],
)
def test_nodes_that_could_differ_are_refused(other: Hello) -> None:
    """A node with other rules, Unicode tables or limits cannot join a room with live nodes."""
    log, one, two = Log(), Node("n1"), Node("n2")
    log.add(one.hello(Join(1, "a:1")))

    assert log.add(two.hello(Join(1, "b:1"), hello=other)) == []
    objection = log.copy.objection(other)
    assert objection is not None
    assert "Unicode 15.0.0" in objection


def test_empty_room_takes_nodes_of_a_new_version() -> None:
    """When no node lives, the next hello sets what the nodes must agree on."""
    log, one, two = Log(), Node("n1"), Node("n2")
    larger = Hello(CODE, "16.0.0", 11)
    log.add(one.hello(), one.entry(End()))

    log.add(two.hello(*(Join(n, f"b:{n}") for n in range(12)), hello=larger))

    assert log.copy.nodes == {"n2": 0}
    assert len(log.copy.snapshot()["members"]) == 11


def test_entry_without_a_hello_begins_no_life() -> None:
    """A life begins with a hello, and each later entry needs the life."""
    log = Log()

    assert log.add(Entry(Life("n1", 1, "t"), 0, (Join(1, "a:1"),))) == []
    assert log.add(Entry(Life("n1", 1, "t"), 0, ())) == []
    assert log.add(Entry(Life("n1", 1, "t"), 1, (HELLO, Join(1, "a:1")))) == []
    assert log.copy.nodes == {}


def test_copy_that_differs_learns_of_it() -> None:
    """A beat carries a digest: a copy with another state at that place knows that it differs."""
    log, one, two = Log(), Node("n1"), Node("n2")
    log.add(one.hello(), two.hello(Join(1, "b:1")), one.entry(log.copy.beat()))
    log.add(two.entry(log.copy.beat()))
    assert log.copy.diverged is None

    log.add(one.entry(Beat(log.copy.place, "0123")), two.entry(log.copy.beat()))

    assert log.copy.diverged is not None
    assert "0123" in log.copy.diverged


def test_digests_of_long_ago_are_forgotten() -> None:
    """A beat is compared with what the copy still knows; an older one says nothing."""
    log, one = Log(), Node("n1")
    log.add(one.hello(), *(one.entry(log.copy.beat()) for _ in range(DIGESTS_KEPT + 2)))

    log.add(one.entry(Beat(2, "0123")))

    assert log.copy.diverged is None


def test_local_number_is_of_one_life() -> None:
    """Only the node of a member knows it as a client of its own."""
    member = client_id(3, 17)

    assert local_number(3, member) == 17
    assert local_number(2, member) is None


NODES = 3
CLIENTS = 3
NAMES = ("anna", "ANNA", "ben", "a:1")


def _a_step(rng: random.Random, joined: int) -> Step:
    """Return a step of a node to which so many clients came already."""
    client = rng.randrange(joined + 1)
    return rng.choice(
        (
            Join(joined, f"a:{joined % CLIENTS}"),  # a node reuses no number
            Join(joined, f"a:{joined % CLIENTS}"),
            Leave(client, Cause.LEFT),
            Ask(client, Say("x")),
            Ask(client, Who()),
            Ask(client, Quit()),
            Ask(client, Rename(rng.choice(NAMES))),
            Beat(0, ""),
            End() if rng.random() < 0.2 else Beat(0, ""),
        )
    )


@st.composite
def _logs(draw: st.DrawFn) -> list[Entry]:
    """Return what three nodes append, over several lives, where any entry may come again later."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    lives = [Node(f"n{n % NODES}", 1 + n // NODES, f"t{n}") for n in range(2 * NODES)]
    joined = dict.fromkeys(range(len(lives)), 0)
    log: list[Entry] = []
    for number in draw(st.lists(st.integers(0, len(lives) - 1), min_size=1, max_size=40)):
        life, steps = lives[number], list[Step]()
        for _ in range(rng.randrange(4)):
            steps.append(_a_step(rng, joined[number]))
            joined[number] += isinstance(steps[-1], Join)
        log.append(life.entry(*steps) if life.entries else life.hello(*steps))
        for _ in range(rng.choice((0, 0, 1, 2))):
            log.append(rng.choice(log))
    return log


@settings(max_examples=200)
@given(_logs(), st.data())
def test_all_copies_are_equal(log: list[Entry], data: st.DataObject) -> None:
    """Copies that apply one log agree, from its beginning or from any snapshot on."""
    whole, cut = Replica(5, "15.0.0"), data.draw(st.integers(0, len(log)))
    outcomes = [whole.apply(place, entry) for place, entry in enumerate(log, 1)]
    first = Replica(5, "15.0.0")
    for place, entry in enumerate(log[:cut], 1):
        first.apply(place, entry)

    late = Replica.restored(json.loads(json.dumps(first.snapshot())))
    rest = [late.apply(place, entry) for place, entry in enumerate(log[cut:], cut + 1)]

    assert rest == outcomes[cut:]
    assert late.snapshot() == whole.snapshot()
    assert late.digest() == whole.digest()


@settings(max_examples=200)
@given(_logs())
def test_repeated_entries_change_nothing(log: list[Entry]) -> None:
    """A log in which each entry stands once gives what the log with repeated entries gives."""
    seen: set[tuple[Life, int]] = set()
    once = [
        entry
        for entry in log
        if (key := (entry.life, entry.number)) not in seen and not seen.add(key)  # type: ignore[func-returns-value]
    ]
    copies = Replica(5, "15.0.0"), Replica(5, "15.0.0")
    caused = [
        [outcome for place, entry in enumerate(each, 1) for outcome in copy.apply(place, entry)]
        for copy, each in zip(copies, (log, once), strict=True)
    ]

    assert caused[0] == caused[1]
    assert copies[0].digest() == copies[1].digest()


@settings(max_examples=200)
@given(_logs())
def test_membership_is_whole(log: list[Entry]) -> None:
    """Each member joins once and leaves once, and no member outlives its node's life."""
    copy, members = Replica(5, "15.0.0"), set[int]()
    for place, entry in enumerate(log, 1):
        for outcome in copy.apply(place, entry):
            match outcome:
                case ToOne(member, lines) if lines[0].startswith("* you are "):
                    assert member not in members
                    members.add(member)
                case Goodbye(member, _):
                    members.remove(member)
        snapshot = copy.snapshot()
        assert members == {member for member, _ in snapshot["members"]}
        orders = [alive[3] for alive in snapshot["alive"]]
        assert all(any(local_number(order, m) is not None for order in orders) for m in members)
