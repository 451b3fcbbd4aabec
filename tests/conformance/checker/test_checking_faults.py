"""The history checker finds every planted fault, and names the rule that it breaks."""

import pytest

from conformance.checker import History, Session, check
from tests.conformance.rooms import Room, added, changed, doubled, reworded, swapped, without


def evening() -> Room:
    """Return a room in which some of everything happens."""
    room = Room()
    room.join("anna", "ben", "cleo")
    room.say("anna", "anna-1", ahead=2)
    room.say("ben", "ben-1", ahead=2)
    room.join("dora")
    room.rename("ben", "benjamin")
    room.say("ben", "ben-2")
    room.leave("cleo")
    room.say("anna", "anna-2")
    room.who("anna")
    room.close("anna", "ben", "dora")
    return room


EVENING = evening().history()
ANNA_1, ANNA_2 = "anna:1: anna-1", "anna:1: anna-2"
BEN_1, BEN_2 = "ben:1: ben-1", "benjamin: ben-2"
DORA_JOINED, CLEO_LEFT = "* dora:1 joined", "* cleo:1 left"
RENAMED = "* ben:1 is now benjamin"
GREETING = "* online (3): anna:1, ben:1, cleo:1"
WHO = "* online (3): anna:1, benjamin, dora:1"

FAULTS = {
    "loss": (without(EVENING, "anna", BEN_2), "delivery.exactly-once"),
    "loss of its own": (without(EVENING, "anna", ANNA_2), "delivery.exactly-once"),
    "loss of a rename": (without(EVENING, "anna", RENAMED), "delivery.exactly-once"),
    "duplicate": (doubled(EVENING, "anna", BEN_1), "delivery.exactly-once"),
    "alteration": (reworded(EVENING, "anna", BEN_1, f"{BEN_1}!"), "delivery.unaltered"),
    "invention": (reworded(EVENING, "anna", BEN_1, "ben:1: ben-9"), "delivery.unaltered"),
    "wrong author": (reworded(EVENING, "anna", BEN_1, "cleo:1: ben-1"), "commands.forge"),
    "no author": (reworded(EVENING, "anna", BEN_1, "ben-1"), "commands.forge"),
    "author of old": (reworded(EVENING, "anna", BEN_2, "ben:1: ben-2"), "commands.forge"),
    "old name": (swapped(EVENING, "anna", RENAMED, BEN_1), "names.rename"),
    "speaker's order": (swapped(EVENING, "anna", ANNA_1, ANNA_2), "order.speaker"),
    "order of messages": (swapped(EVENING, "anna", ANNA_1, BEN_1), "order.total"),
    "order of a join": (swapped(EVENING, "anna", BEN_1, DORA_JOINED), "order.total"),
    "order of a departure": (swapped(EVENING, "anna", BEN_2, CLEO_LEFT), "order.total"),
    "before the welcome": (swapped(EVENING, "dora", BEN_2, "* you are dora:1"), "order.membership"),
    "after the departure": (added(EVENING, "anna", "cleo:1: hello"), "order.membership"),
    "hole at the join": (without(EVENING, "dora", RENAMED), "membership.one-step"),
    "talk of before the join": (
        changed(EVENING, "dora", lambda got: [*got[:2], BEN_1, *got[2:]]),
        "membership.one-step",
    ),
    "roster ahead of the join": (
        reworded(EVENING, "cleo", GREETING, f"{GREETING}, dora:1"),
        "membership.one-step",
    ),
    "join not told": (without(EVENING, "anna", DORA_JOINED), "membership.joined"),
    "join told twice": (doubled(EVENING, "anna", DORA_JOINED), "membership.joined"),
    "join told to the newcomer": (added(EVENING, "dora", DORA_JOINED), "membership.joined"),
    "departure not told": (without(EVENING, "anna", CLEO_LEFT), "membership.left-once"),
    "departure told twice": (doubled(EVENING, "anna", CLEO_LEFT), "membership.left-once"),
    "departure told two ways": (
        added(EVENING, "anna", "* cleo:1 timed out"),
        "membership.left-once",
    ),
    "departure of nobody": (added(EVENING, "anna", "* zoe:1 left"), "membership.churn"),
    "ghost in a roster": (reworded(EVENING, "anna", WHO, f"{WHO}, cleo:1"), "membership.no-ghost"),
    "ghost that hears": (added(EVENING, "cleo", ANNA_2), "membership.no-ghost"),
}


# Each of these breaks more than one rule.
FAR_REACHING = {
    "loss of a rename",
    "invention",
    "author of old",
    "old name",
    "speaker's order",
    "order of a departure",
    "before the welcome",
    "after the departure",
    "hole at the join",
    "join told to the newcomer",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(fault: str) -> None:
    """A planted fault is found, under the rule that it breaks."""
    history, rule_id = FAULTS[fault]

    verdict = check(history)

    assert verdict.outcome == "fail"
    assert rule_id in [violation.rule_id for violation in verdict.violations]


@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - FAR_REACHING))
def test_single_fault_breaks_a_single_rule(fault: str) -> None:
    """A fault that breaks one rule is not reported under another."""
    history, rule_id = FAULTS[fault]

    assert {violation.rule_id for violation in check(history).violations} == {rule_id}


@pytest.mark.parametrize("fault", FAULTS)
def test_witness_breaks_the_same_rule(fault: str) -> None:
    """Each violation has a small history that breaks the same rule."""
    history, _ = FAULTS[fault]

    for violation in check(history).violations:
        assert check(violation.witness).breaking(violation.rule_id)


def test_untouched_evening_is_acquitted() -> None:
    """The history that the faults are planted in has no fault itself."""
    assert check(EVENING).outcome == "pass"


def test_departure_nobody_is_told_is_found() -> None:
    """A departure that is announced to nobody is found."""
    room = Room()
    room.join("anna", "ben")
    room.leave("ben")
    room.close("anna")

    verdict = check(without(room.history(), "anna", "* ben:1 left"))

    assert [v.rule_id for v in verdict.violations] == ["membership.left-once"]


def test_join_nobody_is_told_is_found() -> None:
    """A join that is announced to nobody is found as soon as two clients share a line."""
    room = Room()
    room.join("anna", "ben")
    room.say("anna", "anna-1")

    verdict = check(without(room.history(), "anna", "* ben:1 joined"))

    assert [v.rule_id for v in verdict.violations] == ["membership.joined"]


def test_message_nobody_gets_is_found() -> None:
    """A message of a complete client that reached nobody is lost."""
    room = Room()
    room.join("anna", "ben")
    room.send_unheard("anna", "anna-1")
    room.close("anna", "ben")

    (violation,) = check(room.history()).violations

    assert violation.rule_id == "delivery.exactly-once"
    assert violation.sentence == "anna said anna-1 and nobody got it"


def test_gap_in_a_cut_client_s_talk_is_found() -> None:
    """A cut client's message is lost if its later message was delivered."""
    room = Room()
    room.join("anna", "ben")
    room.say("ben", "ben-1")
    room.send_unheard("ben", "ben-2")
    room.say("ben", "ben-3")
    room.cut("ben", unread=2)
    room.close("anna")

    (violation,) = check(room.history()).violations

    assert violation.sentence == "ben said ben-2 and nobody got it"


def test_greeting_with_a_ghost_is_found() -> None:
    """A newcomer's first roster does not name a client that left before it came."""
    room = Room()
    room.join("anna", "ben", "cleo")
    room.leave("cleo")
    room.join("dora")
    roster = "* online (3): anna:1, ben:1, dora:1"

    history = reworded(room.history(), "dora", roster, f"{roster}, cleo:1")

    assert [v.rule_id for v in check(history).violations] == ["membership.no-ghost"]


def test_circle_of_three_is_found() -> None:
    """Three clients that agree in pairs can still have no common order."""
    speakers = [Session(s, [f"* you are {s}:1"], [f"{s}-1"], [1]) for s in "xyz"]
    x, y, z = (f"{s}:1: {s}-1" for s in "xyz")
    listeners = [
        Session("anna", ["* you are anna:1", x, y]),
        Session("ben", ["* you are ben:1", y, z]),
        Session("cleo", ["* you are cleo:1", z, x]),
    ]

    (violation,) = check(History((*speakers, *listeners))).violations

    assert violation.rule_id == "order.total"
    assert violation.sentence == (
        "no single order fits: anna got x-1 before y-1, ben got y-1 before z-1, "
        "cleo got z-1 before x-1"
    )


def test_repeated_words_are_judged_by_their_place() -> None:
    """Even of words that were said twice, a lost one is found."""
    room = Room()
    room.join("anna", "ben")
    for number in (1, 2, 3):
        room.say("anna", "hello")
        room.say("ben", f"ben-{number}")
    history = changed(room.history(), "ben", lambda got: [*got[:4], *got[5:]])

    (violation,) = check(history).violations

    assert violation.sentence == 'ben never got "hello", which anna got between ben-1 and ben-2'
