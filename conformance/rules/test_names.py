"""Rules of the area ``names``: which name a client has, and which it can get."""

import socket
import threading
from collections.abc import Callable, Sequence
from itertools import cycle

import pytest

from conformance import (
    Client,
    ClientFactory,
    Connect,
    Door,
    Launch,
    NotReady,
    Unknown,
    rule,
)


ASKERS = 16
ROUNDS = 30


def _wide(ascii_text: str) -> str:
    """Return a text in full-width characters, which normalise to the narrow ones."""
    return "".join(chr(ord(character) + 0xFEE0) for character in ascii_text)


@rule("names.first")
def test_first_name_is_the_address(clients: ClientFactory, connect: Connect) -> None:
    """The welcome, the roster and the others call a newcomer by its address."""
    (anna,) = clients("anna")
    client: Client = connect(welcome=False)

    client.expect(f"* you are {client.address}", f"* online (2): anna, {client.address}")
    anna.expect(f"* {client.address} joined")


@rule("names.first")
def test_first_name_of_an_ipv6_peer_has_brackets(launch: Launch, connect: Connect) -> None:
    """The address of a peer that comes by IPv6 is spelled with brackets around the host."""
    server = launch(tcp=_free_ipv6_address(), ws=_free_ipv6_address())
    try:
        server.wait_ready()
    except NotReady as error:
        raise Unknown(f"it opens no door to IPv6: {error}") from None

    client: Client = connect(server=server, welcome=False)

    client.expect(f"* you are {client.address}")
    assert client.address.startswith("[::1]:")


@rule("names.first")
def test_first_name_is_not_what_a_header_says(connect: Connect, door: Door) -> None:
    """A peer cannot choose its address by a header."""
    if door == "tcp":
        pytest.skip("a line has no headers")
    headers = {name: "192.0.2.1" for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded")}

    client: Client = connect(headers=headers, welcome=False)

    client.expect(f"* you are {client.address}")


@rule("names.rename")
@pytest.mark.parametrize("command", ["/rename ", "rename|"])
def test_everyone_hears_of_a_new_name(clients: ClientFactory, command: str) -> None:
    """Both commands tell everyone, the asker too, in their place among what it says."""
    anna, ben = clients("anna", "ben")

    ben.say("before", f"{command}zoe", "after", f"{command}zoë", "/who")

    told = ["ben: before", "* ben is now zoe", "zoe: after", "* zoe is now zoë"]
    ben.expect(*told, "* online (2): anna, zoë")
    anna.expect(*told)


@rule("names.rename")
def test_white_space_around_a_new_name_is_dropped(clients: ClientFactory) -> None:
    """A new name is what stands between the white space around it."""
    (anna,) = clients("anna")

    anna.say("/rename   zoe  ", "rename| anna ", "/rename\tzoe\t")

    anna.expect("* anna is now zoe", "* zoe is now anna", "* anna is now zoe")


@rule("names.rename")
def test_departure_is_told_under_the_last_name(clients: ClientFactory) -> None:
    """Who leaves is named as it was called last."""
    anna, ben = clients("anna", "ben")

    ben.say("/rename zoe")
    ben.close()

    anna.expect("* ben is now zoe", "* zoe left")


GOOD_NAMES = [
    "x",
    "x" * 32,
    "日" * 32,
    "😀" * 32,
    "|",
    "a|b",
    "a*!/",
    "#1",
    "who",
    "Ünïcödé",
    "ﬁ" * 32,
]


@rule("names.rename")
def test_name_within_the_rules_may_be_had(clients: ClientFactory) -> None:
    """Whatever is 1 to 32 printable characters, and begins and holds nothing else, is a name."""
    (anna,) = clients("anna")

    for name in GOOD_NAMES:
        was = anna.name
        anna.say(f"rename|{name}", "hello")

        anna.expect(f"* {was} is now {name}", f"{name}: hello")


@rule("names.rename")
def test_own_name_may_be_spelled_anew(clients: ClientFactory) -> None:
    """A client may have its own name in another spelling: no other client has it."""
    (anna,) = clients("anna")

    anna.say("/rename ANNA", "/rename Anna", f"/rename {_wide('anna')}")

    anna.expect("* anna is now ANNA", "* ANNA is now Anna", f"* Anna is now {_wide('anna')}")


@rule("names.rename")
def test_what_only_looks_like_a_rename_is_text(clients: ClientFactory) -> None:
    """A line that is not exactly one of the two commands is said, and changes no name."""
    (anna,) = clients("anna")
    texts = ["rename zoe", "rename", "renamed|zoe", "Rename|zoe", " rename|zoe", "rename |zoe"]

    anna.say(*texts)

    anna.expect(*(f"anna: {text}" for text in texts))


BAD_NAMES = [
    "",
    "x" * 33,
    "é" * 33,
    "two words",
    "no\u00a0break",
    "ideographic\u3000space",
    "line\u2028break",
    "anna:",
    "127.0.0.1:51234",
    "[::1]:51234",
    "*",
    "*anna",
    "!anna",
    "/anna",
    "zero\u200bwidth",
    "joined\u200dup",
    "right\u202eto-left",
    "soft\u00adhyphen",
    "byte\ufefforder",
    "private\ue000use",
    "nu\0l",
    "red\x1b[31m",
    "csi\x9b31m",
    "del\x7fete",
    _wide("127.0.0.1:51234"),
    _wide("*anna"),
    _wide("!anna"),
    _wide("/anna"),
    "small\ufe55colon",
    "spaced\u00a8out",  # a diaeresis by itself: a space and a combining one
]


@rule("names.bad")
def test_bad_name_is_refused(clients: ClientFactory) -> None:
    """Each name against the rules gets an error, and its asker keeps the name it had."""
    (anna,) = clients("anna")

    for name in BAD_NAMES:
        for command in ("/rename ", "rename|"):
            anna.say(command + name)
            answer = anna.next_line()
            assert answer.startswith("! bad name: "), f"{name!r} was answered with {answer!r}"
    anna.say("hello")
    anna.expect("anna: hello")


@rule("names.bad")
def test_rename_without_a_name_is_refused(clients: ClientFactory) -> None:
    """Nothing at all is a bad name too."""
    (anna,) = clients("anna")

    for line in ("/rename", "/rename ", "/rename   ", "rename|", "rename|  "):
        anna.say(line)

        assert anna.next_line().startswith("! bad name: ")


@rule("names.bad")
def test_nobody_else_hears_of_a_bad_name(clients: ClientFactory) -> None:
    """Of a bad name nobody hears but its asker."""
    anna, ben = clients("anna", "ben")

    ben.say(*(f"/rename {name}" for name in BAD_NAMES))
    fence = ben.send_fence()

    anna.expect_nothing_but(fence)


ANOTHERS_NAMES = [
    ("anna", "anna"),
    ("anna", "ANNA"),
    ("Anna", "aNNA"),
    ("anna", _wide("anna")),
    ("anna", _wide("ANNA")),
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
    """A name that another has, in whichever of its spellings, is refused as it was asked for."""
    anna, ben = clients("anna", "ben")

    for pair in ANOTHERS_NAMES:
        held, wanted = reversed(pair) if the_other_way_round else pair
        anna.say("/rename holder", f"/rename {held}")
        ben.wait_for(f"* holder is now {held}")
        ben.say(f"/rename {wanted}", f"rename|{wanted}", "hello")

        ben.expect(f"! name taken: {wanted}", f"! name taken: {wanted}", "ben: hello")


@rule("names.taken")
def test_nobody_else_hears_of_a_taken_name(clients: ClientFactory) -> None:
    """Of a name that is taken nobody hears but its asker, not even its holder."""
    anna, ben, cara = clients("anna", "ben", "cara")

    cara.say("/rename anna", "rename|ANNA")
    fence = cara.send_fence()

    for client in (anna, ben):
        client.expect_nothing_but(fence)


@rule("names.taken")
def test_asker_that_was_refused_keeps_its_name(clients: ClientFactory) -> None:
    """Who asked in vain still holds its name: no other can have it."""
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
    """A name that somebody at the other door has is taken."""
    if len(launch.contender.doors) == 1:
        pytest.skip("it has no other door")
    clients("anna")
    ben: Client = connect("ben", door="ws" if door == "tcp" else "tcp")

    ben.say("/rename Anna")

    ben.expect("! name taken: Anna")


SPELLINGS = ["boss", "BOSS", "Boss", _wide("boss")]


@rule("names.race")
def test_one_of_many_askers_gets_the_name(clients: ClientFactory) -> None:
    """Of many who ask for one name at once, one gets it and all others are refused."""
    askers: tuple[Client, ...] = clients(*(f"asker{number}" for number in range(ASKERS)))

    raced = 0
    for _ in range(ROUNDS):
        _ask_at_once(askers)
        answers = [asker.wait_for(_is_answer_to(asker)) for asker in askers]
        raced += _asked_before_an_answer(askers, answers) > 1

        refusals = [answer for answer in answers if answer.startswith("! name taken: ")]
        winners = [asker for asker in askers if asker.name != asker.label]
        assert len(winners) == 1, f"{len(winners)} got one name"
        assert len(refusals) == ASKERS - 1
        _give_back(winners[0])
    if raced < ROUNDS / 2:
        raise Unknown(f"only in {raced} of {ROUNDS} rounds two asked before one was answered")


@rule("names.freed")
@pytest.mark.parametrize("way", ["renames", "closes", "quits", "resets"])
def test_name_is_free_once_its_holder_is_gone(clients: ClientFactory, way: str) -> None:
    """As soon as others hear that its holder has another name or left, a name can be had."""
    holder, ben = clients("Anna", "ben")

    _part_with_name(holder, way)
    ben.expect("* Anna is now zoe" if way == "renames" else "* Anna left")
    ben.say("/rename aNNa")

    ben.expect("* ben is now aNNa")


@rule("names.freed")
def test_who_leaves_frees_no_name_but_its_own(clients: ClientFactory) -> None:
    """A name that a client had before, and another has now, stays taken when the first leaves."""
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
    """Names can be passed round: each is free for whoever asks next."""
    anna, ben = clients("anna", "ben")

    for _ in range(3):
        anna.say("/rename zoe")
        ben.wait_for("* anna is now zoe")
        ben.say("/rename anna", "/rename ben")
        anna.wait_for("* anna is now ben")
        anna.say("/rename anna")
        ben.wait_for("* zoe is now anna")


def _ask_at_once(askers: Sequence[Client]) -> None:
    """Have all of them ask for one name, each from a thread of its own, in several spellings."""
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
    """Return what tells the answer to a client whose name is its label from all other lines."""
    return lambda line: line.startswith((f"* {asker.label} is now ", "! "))


def _asked_before_an_answer(askers: Sequence[Client], answers: Sequence[str]) -> int:
    """Return how many had asked when the first of the answers came."""
    first_answer_ns = min(
        max(event.at_ns for event in asker.log if event.text == answer)
        for asker, answer in zip(askers, answers, strict=True)
    )
    asked_ns = [max(event.at_ns for event in asker.log if event.kind == "said") for asker in askers]
    return sum(at_ns < first_answer_ns for at_ns in asked_ns)


def _give_back(winner: Client) -> None:
    """Have the winner take its old name, so that the other is free for the next round."""
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


def _free_ipv6_address() -> str:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as sock:
            return f"[::1]:{sock.getsockname()[1]}"
    except OSError:
        pytest.skip("this machine has no IPv6")
