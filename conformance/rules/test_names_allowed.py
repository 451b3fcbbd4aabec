"""Rules of the area ``names``: a client's first name, and the names that it may take."""

import socket

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
from conformance.rules.full_width import wide


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


def _free_ipv6_address() -> str:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as sock:
            return f"[::1]:{sock.getsockname()[1]}"
    except OSError:
        pytest.skip("this machine has no IPv6")
