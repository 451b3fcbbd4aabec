"""The room, step by step, and then at random, compared with a list of names."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from implementations.core.causes import Cause
from implementations.core.commands import Complain, Help, Nothing, Quit, Rename, Say, Who
from implementations.core.errors import RoomFull
from implementations.core.room import Delivery, Goodbye, Room, ToAll, ToOne


def room_of(*names: str, max_clients: int = 10) -> Room:
    """Return a room whose members 0, 1, … have ``names``."""
    room = Room(max_clients)
    for client_id, name in enumerate(names):
        room.join(client_id, f"127.0.0.1:{client_id + 1}")
        if name != f"127.0.0.1:{client_id + 1}":
            assert len(room.submit(client_id, Rename(name))) == 1
    return room


def roster(room: Room) -> str:
    """Return the roster as member 0 gets it."""
    [delivery] = room.submit(0, Who())
    assert isinstance(delivery, ToOne)
    [line] = delivery.lines
    return line


def test_newcomer_is_announced_then_welcomed() -> None:
    """The others hear of a newcomer, which gets its name and then a roster with itself in it."""
    room = room_of("anna")

    deliveries = room.join(1, "[::1]:2")

    assert deliveries == [
        ToAll("* [::1]:2 joined", but=1),
        ToOne(1, ("* you are [::1]:2", "* online (2): anna, [::1]:2")),
    ]


def test_address_that_is_taken_is_told_apart() -> None:
    """Two clients from one address and port, one at each door, have two names."""
    room = Room(10)

    for client_id in range(3):
        room.join(client_id, "127.0.0.1:1")

    assert roster(room) == "* online (3): 127.0.0.1:1, 127.0.0.1:1', 127.0.0.1:1''"


def test_full_room_lets_nobody_in() -> None:
    """A newcomer to a full room is refused, and nothing changes."""
    room = room_of("anna", "ben", max_clients=2)

    with pytest.raises(RoomFull):
        room.join(2, "127.0.0.1:3")

    assert roster(room) == "* online (2): anna, ben"
    assert room.submit(2, Say("let me in")) == []


def test_place_is_free_again_once_its_client_left() -> None:
    """A full room takes a newcomer as soon as a member has left."""
    room = room_of("anna", "ben", max_clients=2)
    room.leave(1, Cause.LEFT)

    room.join(2, "127.0.0.1:3")

    assert roster(room) == "* online (2): anna, 127.0.0.1:3"


@pytest.mark.parametrize(
    ("command", "deliveries"),
    [
        (Say("hi"), [ToAll("anna: hi")]),
        (Who(), [ToOne(0, ("* online (2): anna, ben",))]),
        (Rename("zoe"), [ToAll("* anna is now zoe")]),
        (Rename("anna"), [ToAll("* anna is now anna")]),
        (Rename("ANNA"), [ToAll("* anna is now ANNA")]),
        (Rename("Ben"), [ToOne(0, ("! name taken: Ben",))]),
        (Quit(), [Goodbye(0, Cause.QUIT), ToAll("* anna left", exempt=True)]),
        (Help(), [ToOne(0, ("* commands: /who, /rename NEW, /say TEXT, /quit, /help",))]),
        (Complain("not UTF-8"), [ToOne(0, ("! not UTF-8",))]),
        (Nothing(), []),
    ],
    ids=repr,
)
def test_command_causes_its_deliveries(command: Say, deliveries: list[Delivery]) -> None:
    """A command causes deliveries for the members that it concerns, and for nobody else."""
    room = room_of("anna", "ben")

    assert room.submit(0, command) == deliveries


@pytest.mark.parametrize("cause", Cause)
def test_departure_names_its_cause(cause: Cause) -> None:
    """A leaver gets its goodbye first; then the others hear why, and only once."""
    room = room_of("anna", "ben")

    first, second = room.leave(1, cause), room.leave(1, cause)

    assert first == [Goodbye(1, cause), ToAll(f"* ben {cause.departure}", exempt=True)]
    assert second == []


def test_client_that_has_left_causes_nothing() -> None:
    """A command that arrives after its sender's departure does nothing."""
    room = room_of("anna", "ben")
    room.leave(1, Cause.LEFT)

    assert room.submit(1, Say("one more thing")) == []


def test_closing_says_goodbye_to_everyone() -> None:
    """A room that closes announces it, then says goodbye to everyone in order of arrival."""
    room = room_of("anna", "ben")

    deliveries = room.close()

    assert deliveries == [
        ToAll("* server is shutting down"),
        Goodbye(0, Cause.SHUTDOWN),
        Goodbye(1, Cause.SHUTDOWN),
    ]
    assert (len(room), room.leave(0, Cause.LEFT)) == (0, [])


GOOD_NAMES = ["z", "x" * 32, "名前", "zoë", "o'neill", "a*b!/c", "🦉", "ﬃ" * 11, "#1", "|"]
GOOD_NAMES += ["a\u0301\u0302\u0303\u0304b", "ש\u05c1\u05bc\u05b8\u0596", "ที่", "नमस्ते"]
BAD_NAMES = [
    "",
    "x" * 33,
    "*zoe",
    "!zoe",
    "/zoe",
    "zoe:",
    "127.0.0.1:1",
    "a b",
    "a\u00a0b",
    "a\u3000b",
    "a\tb",
    "a\u200bb",  # zero width
    "a\u202eb",  # right-to-left override
    "a\ue000b",  # private use
    "a\u0378b",  # unassigned
    "\uff0azoe",  # full-width: * ! / :
    "\uff01zoe",
    "\uff0fzoe",
    "127.0.0.1\uff1a1",
    "zo\u00a8e",  # a diaeresis alone: it normalises to a space and a mark
    "\u203czoe",  # one character that normalises to two exclamation marks
    "a\u034fb",  # a grapheme joiner, which shows nothing
    "\u115f",  # Hangul fillers; the half-width one normalises to another
    "a\u3164",
    "a\uffa0",
    "a\u2800",  # braille blank
    "a\ufe0f",  # variation selectors
    "a\U000e0100",
    "a\u17b4b",
    "a\u0301\u0302\u0303\u0304\u0305b",
    "\u0301a",  # it would be drawn on the character before it
    "a" + "\u0344" * 3,  # one mark that normalises to two
]


@pytest.mark.parametrize("name", GOOD_NAMES, ids=ascii)
def test_printable_name_may_be_had(name: str) -> None:
    """1 to 32 printable characters of any script make a name."""
    room = room_of("anna")

    assert room.submit(0, Rename(name)) == [ToAll(f"* anna is now {name}")]


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_name_that_could_deceive_is_bad(name: str) -> None:
    """A name that is empty, too long, invisible or looks like another kind of line is refused."""
    room = room_of("anna")

    [answer] = room.submit(0, Rename(name))

    assert isinstance(answer, ToOne)
    assert answer.lines[0].startswith("! bad name: ")
    assert roster(room) == "* online (1): anna"


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ("zoe", "ZOE"),
        ("straße", "STRASSE"),
        ("ﬁn", "fin"),
        ("zoe", "ｚｏｅ"),  # noqa: RUF001  # full-width on purpose
        ("K", "\u212a"),  # the Kelvin sign
        ("zo\u00eb", "zoe\u0308"),  # composed, decomposed
        ("x²", "X2"),
    ],
    ids=ascii,
)
def test_names_that_look_alike_are_one(held: str, asked: str) -> None:
    """A name is also taken if it differs only in case or compatibility form."""
    room = room_of("anna", held)

    assert room.submit(0, Rename(asked)) == [ToOne(0, (f"! name taken: {asked}",))]


def test_name_is_free_once_its_holder_has_another() -> None:
    """A name that was given up is free, in every spelling."""
    room = room_of("anna", "Straße")
    room.submit(1, Rename("ben"))

    assert room.submit(0, Rename("STRASSE")) == [ToAll("* anna is now STRASSE")]


@given(st.text())
def test_answer_to_any_name_is_one_line(name: str) -> None:
    """One line answers every request for a name, and a refused client keeps its name."""
    room = room_of("anna")
    asked = name.strip()

    [answer] = room.submit(0, Rename(asked))

    if isinstance(answer, ToAll):
        assert answer.line.isprintable()
        assert roster(room) == f"* online (1): {asked}"
    else:
        assert roster(room) == "* online (1): anna"


ADDRESSES = st.sampled_from([f"127.0.0.1:{port}" for port in range(1, 4)])
ALIKE = ["z", "Z", "ff", "FF", "\ufb00", "ss", "SS", "ß", "ẞ", "Å", "\u212b", "A\u030a", "x2", "x²"]
TRICKY = ["K", "\u212a", "I", "i", "ı", "İ", "i\u0307", "x'", "x" * 32, "ﬃ" * 11]  # noqa: RUF001
BAD = ["", "*x", "!x", "/x", "x:y", "127.0.0.1:1", "x y", "x\u200by", "x" * 33, "\uff1ax"]
NAMES = st.sampled_from([*ALIKE, *TRICKY, *BAD]) | st.text(max_size=4)


def looks_like(name: str) -> str:
    """Return the form of a name that PROTOCOL.md compares."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


class RoomMachine(RuleBasedStateMachine):
    """Everything that can happen to a room, compared with a dictionary of its members."""

    @initialize(max_clients=st.integers(1, 5))
    def open_room(self, max_clients: int) -> None:
        self.max_clients = max_clients
        self.room = Room(max_clients)
        self.names: dict[int, str] = {}
        self.next_id = 0
        self.joined: Counter[int] = Counter()
        self.ended: Counter[int] = Counter()

    def count(self, deliveries: list[Delivery]) -> None:
        """Record the beginnings and ends of stays."""
        for delivery in deliveries:
            if isinstance(delivery, Goodbye):
                self.ended[delivery.client_id] += 1
            elif isinstance(delivery, ToAll) and delivery.but is not None:
                self.joined[delivery.but] += 1

    @rule(address=ADDRESSES)
    def join(self, address: str) -> None:
        client_id, self.next_id = self.next_id, self.next_id + 1
        if len(self.names) == self.max_clients:
            with pytest.raises(RoomFull):
                self.room.join(client_id, address)
            return

        deliveries = self.room.join(client_id, address)

        name = address
        while name in self.names.values():
            name += "'"
        self.names[client_id] = name
        self.count(deliveries)
        online = f"* online ({len(self.names)}): {', '.join(self.names.values())}"
        assert deliveries == [
            ToAll(f"* {name} joined", but=client_id),
            ToOne(client_id, (f"* you are {name}", online)),
        ]

    @rule(data=st.data(), name=NAMES)
    def rename(self, data: st.DataObject, name: str) -> None:
        client_id = self.somebody(data)
        others = [held for other, held in self.names.items() if other != client_id]

        deliveries = self.room.submit(client_id, Rename(name))

        if client_id not in self.names:
            assert deliveries == []
        elif isinstance(deliveries[0], ToAll):
            assert deliveries == [ToAll(f"* {self.names[client_id]} is now {name}")]
            assert looks_like(name) not in map(looks_like, others)
            assert ":" not in looks_like(name)
            self.names[client_id] = name
        else:
            [answer] = deliveries
            assert isinstance(answer, ToOne)
            assert answer.client_id == client_id
            if answer.lines == (f"! name taken: {name}",):
                assert looks_like(name) in map(looks_like, others)
            else:
                assert answer.lines[0].startswith("! bad name: ")

    @rule(data=st.data())
    def say(self, data: st.DataObject) -> None:
        client_id = self.somebody(data)

        deliveries = self.room.submit(client_id, Say("hello"))

        named = [ToAll(f"{self.names[client_id]}: hello")] if client_id in self.names else []
        assert deliveries == named

    @rule(data=st.data(), cause=st.sampled_from(Cause))
    def leave(self, data: st.DataObject, cause: Cause) -> None:
        client_id = self.somebody(data)

        if cause is Cause.QUIT:
            deliveries = self.room.submit(client_id, Quit())
        else:
            deliveries = self.room.leave(client_id, cause)

        self.count(deliveries)
        name = self.names.pop(client_id, None)
        goodbye = [Goodbye(client_id, cause), ToAll(f"* {name} {cause.departure}", exempt=True)]
        assert deliveries == (goodbye if name is not None else [])

    @precondition(lambda self: len(self.names) == self.max_clients)
    @rule()
    def close(self) -> None:
        deliveries = self.room.close()

        self.count(deliveries)
        self.names.clear()

    def somebody(self, data: st.DataObject) -> int:
        """Return a member, a client that has left, or one that was never here."""
        return data.draw(st.integers(0, self.next_id))

    @invariant()
    def knows_who_is_in(self) -> None:
        assert len(self.room) == len(self.names)
        for client_id in self.names:
            online = f"* online ({len(self.names)}): {', '.join(self.names.values())}"
            assert self.room.submit(client_id, Who()) == [ToOne(client_id, (online,))]

    @invariant()
    def no_two_look_alike(self) -> None:
        assert len({looks_like(name) for name in self.names.values()}) == len(self.names)

    @invariant()
    def every_stay_begins_and_ends_once(self) -> None:
        assert all(times == 1 for times in (*self.joined.values(), *self.ended.values()))
        assert self.joined.keys() == self.ended.keys() | self.names.keys()


def test_any_history_agrees_with_the_model() -> None:
    """After any joins, renames, quits and departures, the room is as the rules say."""
    run_state_machine_as_test(RoomMachine)
