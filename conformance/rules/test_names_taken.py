"""Rules of the area ``names``: names that another client has, and when they are free again."""

import threading
from collections.abc import Callable, Sequence
from itertools import cycle, pairwise

import pytest

from conformance import (
    Client,
    ClientFactory,
    Connect,
    Door,
    Launch,
    Unknown,
    rule,
)
from conformance.rules.full_width import wide


ASKERS = 16
ROUNDS = 30


ANOTHERS_NAMES = [
    ("anna", "anna"),
    ("anna", "ANNA"),
    ("Anna", "aNNA"),
    ("anna", wide("anna")),
    ("anna", wide("ANNA")),
    ("zo\u00eb", "zoe\u0308"),  # one character, or two that are combined
    ("Zoe\u0308", "ZO\u00cb"),
    ("straße", "STRASSE"),
    ("ﬁona", "Fiona"),  # a ligature
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"),  # two small letters for one capital
    ("kelvin", "\u212aelvin"),  # the sign, which looks like the letter
]


@rule("names.taken")
@pytest.mark.parametrize("the_other_way_round", [False, True])
def test_name_of_another_is_refused(clients: ClientFactory, the_other_way_round: bool) -> None:
    """A name that another client has, in any of its spellings, is refused as it was spelled."""
    anna, ben = clients("anna", "ben")

    for pair in ANOTHERS_NAMES:
        held, wanted = reversed(pair) if the_other_way_round else pair
        anna.say("/rename holder", f"/rename {held}")
        ben.wait_for(f"* holder is now {held}")
        ben.say(f"/rename {wanted}", f"rename|{wanted}", "hello")

        ben.expect(f"! name taken: {wanted}", f"! name taken: {wanted}", "ben: hello")


@rule("names.taken")
def test_nobody_else_hears_of_a_taken_name(clients: ClientFactory) -> None:
    """Only the asker hears that a name is taken, not even its holder."""
    anna, ben, cara = clients("anna", "ben", "cara")

    cara.say("/rename anna", "rename|ANNA")
    fence = cara.send_fence()

    for client in (anna, ben):
        client.expect_nothing_but(fence)


@rule("names.taken")
def test_asker_that_was_refused_keeps_its_name(clients: ClientFactory) -> None:
    """A client whose rename was refused still holds its name: no other client can take it."""
    _anna, ben, cara = clients("anna", "ben", "cara")
    ben.say("/rename anna", "/rename an:na")
    fence = ben.send_fence()
    cara.wait_for(fence)

    cara.say("/rename ben")

    cara.expect("! name taken: ben")


@rule("names.taken")
def test_name_is_taken_at_the_other_door_too(
    launch: Launch, clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """A name that a client at the other door has is taken."""
    if len(launch.contender.doors) == 1:
        pytest.skip("it has no other door")
    clients("anna")
    ben: Client = connect("ben", door="ws" if door == "tcp" else "tcp")

    ben.say("/rename Anna")

    ben.expect("! name taken: Anna")


SPELLINGS = ["boss", "BOSS", "Boss", wide("boss")]


@rule("names.race")
def test_one_of_many_askers_gets_the_name(clients: ClientFactory) -> None:
    """When many clients ask for one name at once, one gets it and all others are refused."""
    askers: tuple[Client, ...] = clients(*(f"asker{number}" for number in range(ASKERS)))

    raced = 0
    for _ in range(ROUNDS):
        _ask_at_once(askers)
        answers = [asker.wait_for(_is_answer_to(asker)) for asker in askers]
        raced += _asked_before_an_answer(askers, answers) > 1

        refusals = [answer for answer in answers if answer.startswith("! name taken: ")]
        winners = [asker for asker in askers if asker.name != asker.label]
        assert len(winners) == 1, f"{len(winners)} clients got one name"
        assert len(refusals) == ASKERS - 1
        _give_back(winners[0])
    if raced < ROUNDS / 2:
        raise Unknown(f"two clients asked before an answer came in only {raced} of {ROUNDS} rounds")


@rule("names.freed")
@pytest.mark.parametrize("way", ["renames", "closes", "quits", "resets"])
def test_name_is_free_once_its_holder_is_gone(clients: ClientFactory, way: str) -> None:
    """As soon as others hear that its holder renamed itself or left, a name is free."""
    holder, ben = clients("Anna", "ben")

    _part_with_name(holder, way)
    ben.expect("* Anna is now zoe" if way == "renames" else "* Anna left")
    ben.say("/rename aNNa")

    ben.expect("* ben is now aNNa")


@rule("names.freed")
def test_who_leaves_frees_no_name_but_its_own(clients: ClientFactory) -> None:
    """A name that a client gave up and another now has stays taken when the first client leaves."""
    anna, ben, cara = clients("anna", "ben", "cara")
    anna.say("/rename zoe")
    ben.expect("* anna is now zoe")
    ben.say("/rename anna")
    cara.wait_for("* ben is now anna")

    anna.close()
    cara.expect("* zoe left")
    cara.say("/rename anna", "/rename zoe", "/who")

    cara.expect("! name taken: anna", "* cara is now zoe", "* online (2): anna, zoe")


@rule("names.freed")
def test_old_name_can_be_had_again_by_its_holder(clients: ClientFactory) -> None:
    """Names can be passed round: each is free for the client that asks next."""
    anna, ben = clients("anna", "ben")

    for _ in range(3):
        anna.say("/rename zoe")
        ben.wait_for("* anna is now zoe")
        ben.say("/rename anna", "/rename ben")
        anna.wait_for("* anna is now ben")
        anna.say("/rename anna")
        ben.wait_for("* zoe is now anna")


def _ask_at_once(askers: Sequence[Client]) -> None:
    """Let all of them ask for one name, each from its own thread, in several spellings."""
    barrier = threading.Barrier(len(askers))

    def ask(asker: Client, spelling: str) -> None:
        barrier.wait()
        asker.say(f"/rename {spelling}")

    threads = [threading.Thread(target=ask, args=pair) for pair in zip(askers, cycle(SPELLINGS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _is_answer_to(asker: Client) -> Callable[[str], bool]:
    """Return a function that recognises the answer to a client whose name is its label."""
    return lambda line: line.startswith((f"* {asker.label} is now ", "! "))


def _asked_before_an_answer(askers: Sequence[Client], answers: Sequence[str]) -> int:
    """Return how many clients had asked when the first answer came."""
    first_answer_ns = min(
        max(event.at_ns for event in asker.log if event.text == answer)
        for asker, answer in zip(askers, answers, strict=True)
    )
    asked_ns = [max(event.at_ns for event in asker.log if event.kind == "said") for asker in askers]
    return sum(at_ns < first_answer_ns for at_ns in asked_ns)


def _give_back(winner: Client) -> None:
    """Let the winner take its old name, so that the other is free for the next round."""
    won = winner.name
    winner.say(f"/rename {winner.label}")
    winner.wait_for(f"* {won} is now {winner.label}")


def _part_with_name(holder: Client, way: str) -> None:
    if way == "renames":
        holder.say("/rename zoe")
    elif way == "closes":
        holder.close()
    elif way == "quits":
        holder.say("/quit")
    else:
        holder.reset()


@rule("names.taken")
def test_name_stays_taken_when_its_holder_spells_it_anew(clients: ClientFactory) -> None:
    """A client that takes its name in another spelling keeps the name."""
    anna, ben = clients("anna", "ben")

    for was, spelling in pairwise(("anna", "ANNA", "Anna", "anna")):
        anna.say(f"/rename {spelling}")
        ben.expect(f"* {was} is now {spelling}")
        ben.say("/rename anna")

        ben.expect("! name taken: anna")
    anna.say("/rename zoe")
    ben.expect("* anna is now zoe")
    ben.say("/rename ANNA")
    ben.expect("* ben is now ANNA")


FOLDED_ALIKE = [
    ("anna", "\u1d2cnna"),  # a small capital A: it has no small letter before normalisation
    ("\u0390na", "\u03aa\u0301na"),  # a iota with two marks, or a capital with one of them and one
    ("\u03b0na", "\u03ab\u0301na"),
    ("\u1fd3na", "\u03aa\u0301na"),
]


@rule("names.taken")
@pytest.mark.parametrize("the_other_way_round", [False, True])
def test_name_is_normalised_before_and_after_folding(
    clients: ClientFactory, the_other_way_round: bool
) -> None:
    """Two spellings are one name if they are the same after normalisation, folding, and again."""
    anna, ben = clients("anna", "ben")

    for pair in FOLDED_ALIKE:
        held, wanted = reversed(pair) if the_other_way_round else pair
        anna.say("/rename holder", f"/rename {held}")
        ben.wait_for(f"* holder is now {held}")
        ben.say(f"/rename {wanted}", "hello")

        ben.expect(f"! name taken: {wanted}", "ben: hello")
