"""Rules of the area ``names``: a client's first name, and the names that it may take."""

import contextlib
import itertools
import socket
import string
import unicodedata

import pytest

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    Door,
    Launch,
    NotReady,
    Server,
    Unknown,
    rule,
)
from conformance.frames import HANDSHAKE
from conformance.rules.full_width import wide
from conformance.rules.unseen import UNSEEN
from conformance.server import spell


@rule("names.first")
def test_first_name_is_the_address(clients: ClientFactory, connect: Connect) -> None:
    """The welcome, the roster and the others call a newcomer by its address."""
    (anna,) = clients("anna")
    client: Client = connect(welcome=False)

    client.expect(f"* you are {client.address}", f"* online (2): anna, {client.address}")
    anna.expect(f"* {client.address} joined")


@rule("names.first")
def test_first_name_of_an_ipv6_peer_has_brackets(launch: Launch, connect: Connect) -> None:
    """The address of an IPv6 peer is spelled with brackets around the host."""
    server = launch(tcp=_free_ipv6_address(), ws=_free_ipv6_address())
    try:
        server.wait_ready()
    except NotReady as error:
        raise Unknown(f"it opens no door at an IPv6 address: {error}") from None

    client: Client = connect(server=server, welcome=False)

    client.expect(f"* you are {client.address}")
    assert client.address.startswith("[::1]:")


@rule("names.first")
def test_second_peer_with_one_address_has_another_name(
    clients: ClientFactory, server: Server, door: Door
) -> None:
    """When one port is in use at both doors, the name of the second peer ends with a ``'``."""
    (anna,) = clients("anna")
    doors: tuple[Door, Door] = ("ws", "tcp") if door == "tcp" else ("tcp", "ws")
    addresses = [server.address(each) for each in doors]  # unknown, if it has one door only

    with socket.socket() as first, socket.socket() as second:
        for sock, each, address in zip((first, second), doors, addresses, strict=True):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", 0) if sock is first else first.getsockname())
            sock.connect(address)
            if each == "ws":
                sock.sendall(HANDSHAKE)
            name = spell(first.getsockname()) + ("" if sock is first else "'")
            anna.expect(f"* {name} joined")
        first.shutdown(socket.SHUT_RDWR)
        anna.expect(f"* {spell(first.getsockname())} left")
        anna.say("/who")
        anna.expect(f"* online (2): anna, {name}")


@rule("names.first")
def test_third_peer_with_one_address_has_another_name(launch: Launch, connect: Connect) -> None:
    """A machine with more addresses can connect from one port more often; each name is another."""
    server = launch(tcp=":0", ws="127.0.0.1:0").wait_ready()
    port = server.address("tcp")[1]
    anna: Client = connect("anna", door="ws", server=server)

    with contextlib.ExitStack() as stack:
        first = ("127.0.0.1", 0)
        for number in range(3):
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(first)
            try:
                sock.connect((f"127.0.0.{1 + number}", port))
            except OSError as error:
                raise Unknown(f"this machine has one loopback address only: {error}") from None
            first = sock.getsockname()

            anna.expect(f"* {spell(first)}" + "'" * number + " joined")


@rule("names.first")
def test_first_name_is_not_what_a_header_says(connect: Connect, door: Door) -> None:
    """A peer cannot choose its address with a header."""
    if door == "tcp":
        pytest.skip("a line has no headers")
    headers = {name: "192.0.2.1" for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded")}

    client: Client = connect(headers=headers, welcome=False)

    client.expect(f"* you are {client.address}")


@rule("names.rename")
@pytest.mark.parametrize("command", ["/rename ", "rename|"])
def test_everyone_hears_of_a_new_name(clients: ClientFactory, command: str) -> None:
    """Both commands tell everyone, the asker too, in order with the asker's other lines."""
    anna, ben = clients("anna", "ben")

    ben.say("before", f"{command}zoe", "after", f"{command}zoë", "/who")

    told = ["ben: before", "* ben is now zoe", "zoe: after", "* zoe is now zoë"]
    ben.expect(*told, "* online (2): anna, zoë")
    anna.expect(*told)


@rule("names.rename")
def test_white_space_around_a_new_name_is_dropped(clients: ClientFactory) -> None:
    """White space around a new name is dropped."""
    (anna,) = clients("anna")

    anna.say("/rename   zoe  ", "rename| anna ", "/rename\tzoe\t")

    anna.expect("* anna is now zoe", "* zoe is now anna", "* anna is now zoe")


@rule("names.rename")
def test_departure_is_told_under_the_last_name(clients: ClientFactory) -> None:
    """A departure is announced under the client's last name."""
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
    *(f"a{mark}b" for mark in string.punctuation if mark != ":"),
    *(f"{mark}ab" for mark in string.punctuation if mark not in "*!/:"),
]


@rule("names.rename")
def test_name_within_the_rules_may_be_had(clients: ClientFactory) -> None:
    """Any 1 to 32 printable characters that follow the rules are a name."""
    (anna,) = clients("anna")

    for name in GOOD_NAMES:
        was = anna.name
        anna.say(f"rename|{name}", "hello")

        anna.expect(f"* {was} is now {name}", f"{name}: hello")


@rule("names.rename")
def test_own_name_may_be_spelled_anew(clients: ClientFactory) -> None:
    """A client may take its own name in another spelling, because no other client has it."""
    (anna,) = clients("anna")

    anna.say("/rename ANNA", "/rename Anna", f"/rename {wide('anna')}")

    anna.expect("* anna is now ANNA", "* ANNA is now Anna", f"* Anna is now {wide('anna')}")


@rule("names.rename")
def test_what_only_looks_like_a_rename_is_text(clients: ClientFactory) -> None:
    """A line that only resembles a rename is text, and changes no name."""
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
    wide("127.0.0.1:51234"),
    wide("*anna"),
    wide("!anna"),
    wide("/anna"),
    "small\ufe55colon",
    "spaced\u00a8out",  # a diaeresis alone, normalised to a space and a combining diaeresis
]


@rule("names.bad")
def test_bad_name_is_refused(clients: ClientFactory) -> None:
    """Each name against the rules gets an error, and the asker keeps its name."""
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
    """A rename without a name gets an error."""
    (anna,) = clients("anna")

    for line in ("/rename", "/rename ", "/rename   ", "rename|", "rename|  "):
        anna.say(line)

        assert anna.next_line().startswith("! bad name: ")


@rule("names.bad")
def test_nobody_else_hears_of_a_bad_name(clients: ClientFactory) -> None:
    """Only the asker hears that a name is bad."""
    anna, ben = clients("anna", "ben")

    ben.say(*(f"/rename {name}" for name in BAD_NAMES))
    fence = ben.send_fence()

    anna.expect_nothing_but(fence)


# Each shows nothing, and most of them are printable by category.
INVISIBLE = [
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180d\u180e\u200b\u200c\u200d\u200e\u200f",
    *"\u202a\u202e\u2060\u2063\u2066\u2069\u206f\u2800\u3164\ufe00\ufe0e\ufe0f\ufeff\uffa0\ufffc",
    *"\U0001bca0\U0001d159\U0001d173\U000e0001\U000e0020\U000e0061\U000e007f\U000e0100\U000e01ef",
]


@rule("names.invisible")
def test_name_that_shows_nothing_is_refused(clients: ClientFactory) -> None:
    """A name of characters that show nothing is refused."""
    _refused(clients, INVISIBLE)


@rule("names.invisible")
def test_invisible_character_makes_no_new_name(clients: ClientFactory) -> None:
    """Another client's name with a character that shows nothing is refused, not a new name."""
    clients("zoe")

    _refused(clients, [f"zoe{character}" for character in INVISIBLE])


@rule("names.invisible")
def test_invisible_character_inside_a_name_is_refused(clients: ClientFactory) -> None:
    """A character that shows nothing is refused at the beginning and in the middle of a name."""
    names = [name for each in INVISIBLE for name in (f"{each}zoe", f"z{each}oe")]

    _refused(clients, names)


@rule("names.invisible")
def test_each_character_that_shows_nothing_is_refused(clients: ClientFactory) -> None:
    """A name is refused with each of the 4,180 characters that PROTOCOL.md means."""
    (anna,) = clients("anna")
    names = [f"z{character}oe" for character in UNSEEN]

    anna.say(*(f"/rename {name}" for name in names), within=100 * TICK)
    fence = anna.send_fence()

    answers = anna.lines_until(fence, within=100 * TICK)
    wrong = [answer for answer in answers if not answer.startswith("! bad name: ")]
    assert wrong == []
    assert len(answers) == len(names)


@rule("names.invisible")
def test_characters_beside_those_that_show_nothing_may_be_used(clients: ClientFactory) -> None:
    """A printable character next to one that shows nothing is a character like any other."""
    (anna,) = clients("anna")
    points = {ord(character) + step for character in UNSEEN for step in (-1, 1)}
    beside = [chr(point) for point in sorted(points) if chr(point) not in UNSEEN]
    names = [f"z{each}oe" for each in beside if _printable_in_every_form(each)]

    anna.say(*(f"/rename {name}" for name in names))

    for old, new in itertools.pairwise(["anna", *names]):
        anna.expect(f"* {old} is now {new}")


def _printable_in_every_form(character: str) -> bool:
    return all(
        each.isprintable() and not each.isspace() and each not in UNSEEN
        for each in character + unicodedata.normalize("NFKC", character)
    )


@rule("names.marks")
def test_name_with_many_marks_is_refused(clients: ClientFactory) -> None:
    """A name with more than four combining marks in a row is refused."""
    marks = "\u0301\u0316\u0489\u20dd\u05b8\u0e35"

    names = [f"z{mark * count}oe" for mark in marks for count in (5, 6, 20)]
    _refused(clients, [*names, f"z{marks}", f"zoe{marks[:5]}", "z" + "\u0344" * 3])


@rule("names.marks")
def test_name_does_not_begin_with_a_mark(clients: ClientFactory) -> None:
    """A name that begins with a combining mark is refused."""
    _refused(clients, ["\u0301", "\u0301zoe", "\u20dd", "\u05b8" * 4])


@rule("names.marks")
def test_name_may_have_the_marks_of_its_script(clients: ClientFactory) -> None:
    """A name may have up to four combining marks in a row."""
    (anna,) = clients("anna")
    names = [
        "Vie\u0323\u0302t",
        "ש\u05c1\u05bc\u05b8\u0596ם",
        "ที่รัก",
        "प्रिया",
        "z\u0301\u0302\u0303\u0304oe",
    ]

    for name in names:
        was = anna.name
        anna.say(f"/rename {name}")

        anna.expect(f"* {was} is now {name}")


def _refused(clients: ClientFactory, names: list[str]) -> None:
    """Let a client ask for each name; fail unless each is refused as a bad name."""
    __tracebackhide__ = True
    anna, ben = clients("anna", "ben")

    answers = {}
    for name in names:
        ben.say(f"/rename {name}")
        answers[ascii(name)] = ben.next_line()
    fence = ben.send_fence()

    wrong = {name: said for name, said in answers.items() if not said.startswith("! bad name: ")}
    assert wrong == {}
    anna.expect_nothing_but(fence)


def _free_ipv6_address() -> str:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as sock:
            return f"[::1]:{sock.getsockname()[1]}"
    except OSError:
        pytest.skip("this machine has no IPv6")
