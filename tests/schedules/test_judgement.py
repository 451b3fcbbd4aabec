"""Which promises a run broke, by what its clients said and got."""

from __future__ import annotations

import pytest

from conformance.checker import Violation
from conformance.diagram import as_text
from schedules.judgement import history_of, judge
from schedules.memory_socket import MemorySocket
from schedules.script import OBSERVER, AllGone, Hear, Leaving, Move, Part, Say, Scene
from schedules.stage import Stage


OLGA = Part(OBSERVER, (AllGone(), Say("/who"), Say("olga-2"), Hear("olga-2")))


def stage_of(*guests: Part) -> Stage:
    """Return the stage of a scene with these guests, none of whom has come yet."""
    return Stage(Scene((OLGA, *guests), 256), 1, lambda: 1)


def guest(*moves: Move, leaving: Leaving = Leaving.CLOSE, reads: bool = True) -> Part:
    return Part("anna", moves, leaving, reads)


def tell(sock: MemorySocket, *lines: str) -> None:
    sock.send("".join(f"{line}\n" for line in lines).encode())


def hear_out(sock: MemorySocket) -> None:
    while sock.peer.has_words:
        sock.recv(1)


def play_well(stage: Stage) -> None:
    """Let anna come, say a line and leave, and let olga see all of it."""
    olga, anna = stage.sockets
    tell(olga, "* you are olga:1", "* online (1): olga:1", "* anna:1 joined")
    tell(anna, "* you are anna:1", "* online (2): olga:1, anna:1")
    hear_out(anna)
    tell(olga, "anna:1: anna-1")
    tell(anna, "anna:1: anna-1")
    anna.close()
    tell(olga, "* anna:1 left")
    hear_out(olga)


def only(violations: tuple[Violation, ...]) -> Violation:
    """Return the only violation; it can be drawn."""
    (violation,) = violations
    assert as_text(violation.witness, violation)
    return violation


def test_good_run_breaks_nothing() -> None:
    """A run in which everything went right has no violation."""
    stage = stage_of(guest(Say("anna-1"), Hear("anna-1")))

    play_well(stage)
    tell(stage.observer, "* online (1): olga:1", "olga:1: olga-2")
    stage.observer.close()

    assert judge(stage) == ()
    assert [session.complete for session in history_of(stage).sessions] == [True, True]
    assert [session.gone for session in history_of(stage).sessions] == [False, True]


@pytest.mark.parametrize("ghost", ["anna:1", "nobody:1"])
def test_ghost_in_the_last_roster(ghost: str) -> None:
    """A last roster with a client that has left, or was never there, breaks its rule."""
    stage = stage_of(guest(Say("anna-1"), Hear("anna-1")))

    play_well(stage)
    tell(stage.observer, f"* online (2): olga:1, {ghost}", "olga:1: olga-2")

    assert only(judge(stage)).rule_id == "membership.no-ghost"


def test_question_without_an_answer() -> None:
    """A question without an answer breaks its rule."""
    stage = stage_of(guest(Say("anna-1"), Hear("anna-1")))

    play_well(stage)
    tell(stage.observer, "olga:1: olga-2")

    assert only(judge(stage)).rule_id == "commands.who"


@pytest.mark.parametrize(
    "lines",
    [
        ["* anna:1 is now max", "* ben:1 is now MAX"],
        ["* anna:1 is now max", "* online (3): olga:1, max, Max"],
    ],
)
def test_name_that_two_have(lines: list[str]) -> None:
    """An announcement or a roster that gives two clients one name breaks its rule."""
    stage = stage_of()
    tell(stage.observer, "* you are olga:1", "* online (3): olga:1, anna:1, ben:1", *lines)

    violation = only(judge(stage))

    assert violation.rule_id == "names.race"
    assert violation.blamed == {("olga", lines[-1])}


def test_name_that_was_given_up_may_be_taken() -> None:
    """A name is free once its holder has another or has left; the own name may be respelled."""
    stage = stage_of()
    tell(stage.observer, "* you are olga:1", "* online (3): olga:1, anna:1, ben:1")
    tell(stage.observer, "* anna:1 is now max", "* max is now MAX", "* MAX is now moritz")
    tell(stage.observer, "* ben:1 is now max", "* max left", "* moritz is now max")

    assert judge(stage) == ()


@pytest.mark.parametrize(("slow", "broken"), [("anna:1", True), ("max", True), ("dora:1", False)])
def test_who_reads_is_not_cut_off(slow: str, broken: bool) -> None:
    """Only a client that has stopped reading may be cut off for slowness."""
    stage = stage_of(guest(), Part("dora", (), Leaving.QUIT, reads=False))
    tell(stage.observer, "* you are olga:1", "* online (2): olga:1, dora:1")
    tell(stage.observer, f"* {slow} joined", f"* {slow} was too slow")

    assert ("flood.everyone" in {found.rule_id for found in judge(stage)}) is broken


def test_bug_is_told() -> None:
    """The error of a connection or hub is a violation, in its own words."""
    stage = stage_of()
    stage.enter("the hub")
    stage.crashed(KeyError("anna"))

    violation = only(judge(stage))

    assert violation.rule_id == "logging.calm"
    assert "KeyError" in violation.sentence


@pytest.mark.parametrize(
    ("part", "told", "rule_id", "words"),
    [
        (guest(Say("a")), 0, "membership.welcome", "never welcomed"),
        (guest(Say("a"), Hear("a")), 2, "delivery.exactly-once", "never hears it"),
        (guest(leaving=Leaving.QUIT), 2, "commands.quit", "never disconnected"),
        (guest(), 2, "membership.half-close", "never disconnected"),
    ],
)
def test_stuck_run_says_who_waits_for_what(part: Part, told: int, rule_id: str, words: str) -> None:
    """In a deadlock the first violation names a client and what it lacks."""
    stage = stage_of(part)
    tell(stage.observer, "* you are olga:1", "* online (1): olga:1")
    tell(stage.guests[0], *["* you are anna:1", "* online (2): olga:1, anna:1"][:told])
    if told:
        hear_out(stage.guests[0])
    stage.waits = ["anna's read pump waits"]

    violation = judge(stage)[0]

    assert violation.rule_id == rule_id
    assert words in violation.sentence
    assert as_text(violation.witness, violation)


def test_words_that_nobody_listens_to() -> None:
    """A client whose next line the server never reads is held back for ever."""
    stage = stage_of(guest(Say("a")))
    for sock in stage.sockets:
        tell(sock, "* you are somebody", "* online (1): somebody")
    stage.waits = ["anna's read pump waits"]

    assert judge(stage)[0].rule_id == "flood.everyone"


def test_stalled_client_delays_the_others() -> None:
    """In a deadlock with a client that has stopped reading, that client delays the others."""
    stage = stage_of(Part("dora", (), Leaving.QUIT, reads=False), guest())
    for sock in stage.guests:
        tell(sock, "* you are somebody", "* online (1): somebody")
    stage.waits = ["the hub waits"]

    violation = judge(stage)[0]

    assert violation.rule_id == "slow.isolation"
    assert "dora has stopped reading" in violation.sentence


def test_hub_that_never_stops() -> None:
    """If all clients have been closed, it is the hub that does not end."""
    stage = stage_of()
    stage.observer.peer.all_gone()
    hear_out(stage.observer)
    tell(stage.observer, "* you are olga:1", "* online (1): olga:1")
    tell(stage.observer, "* online (1): olga:1", "olga:1: olga-2")
    stage.observer.close()
    stage.waits = ["the hub waits"]

    assert judge(stage)[0].rule_id == "shutdown.exit"


def test_stalled_client_that_is_never_cut_off() -> None:
    """If only a client that has stopped reading is left, it was not cut off."""
    stage = stage_of(Part("dora", (), Leaving.QUIT, reads=False))
    tell(stage.observer, "* you are olga:1", "* online (1): olga:1")
    tell(stage.guests[0], "* you are dora:1", "* online (2): olga:1, dora:1")
    stage.waits = ["dora's write pump waits"]

    assert judge(stage)[0].rule_id == "slow.write-timeout"
