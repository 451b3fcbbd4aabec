"""Rules of the area ``commands``: what each line that a client sends means."""

from conformance import Client, ClientFactory, Connect, rule
from conformance.rules.pauses import wait_until_quiet


@rule("commands.text")
def test_text_reaches_everyone_and_its_speaker(clients: ClientFactory) -> None:
    """Text goes to everyone in the room, including the speaker, under the speaker's name."""
    anna, ben, cara = clients("anna", "ben", "cara")

    ben.say("good morning")

    for client in (anna, ben, cara):
        client.expect("ben: good morning")


@rule("commands.who")
def test_who_lists_everyone_in_order_of_arrival(clients: ClientFactory) -> None:
    """The roster lists everyone in order of arrival, under the names they have now."""
    _anna, ben, _cara = clients("anna", "ben", "cara")

    ben.say("/who", "who")

    ben.expect("* online (3): anna, ben, cara", "* online (3): anna, ben, cara")


@rule("commands.who")
def test_who_is_answered_to_the_asker_alone(clients: ClientFactory) -> None:
    """Only the client that asks for the roster gets an answer; nobody else hears of it."""
    anna, ben = clients("anna", "ben")

    ben.say("/who", "who")
    fence = ben.send_fence()

    anna.expect_nothing_but(fence)


@rule("commands.who")
def test_who_with_more_on_the_line_is_text(clients: ClientFactory) -> None:
    """Only a line that is exactly ``who`` asks for the roster."""
    anna, ben = clients("anna", "ben")

    ben.say("who is there?", "WHO", " who")

    anna.expect("ben: who is there?", "ben: WHO", "ben:  who")


@rule("commands.who")
def test_roster_forgets_those_who_left(clients: ClientFactory) -> None:
    """After a client has left, the roster keeps its order without that client."""
    anna, ben, _cara = clients("anna", "ben", "cara")
    ben.close()
    anna.wait_for("* ben left")

    anna.say("/who")

    anna.expect("* online (2): anna, cara")


@rule("commands.who")
def test_roster_is_of_now_each_time(clients: ClientFactory) -> None:
    """Each roster lists the room as it is now, however soon it follows another roster."""
    anna, ben = clients("anna", "ben")

    for name in ("Ben", "benjamin", "ben"):
        was = ben.name
        ben.say("/who", f"/rename {name}", "/who")
        ben.expect(
            f"* online (2): anna, {was}", f"* {was} is now {name}", f"* online (2): anna, {name}"
        )

    anna.expect("* ben is now Ben", "* Ben is now benjamin", "* benjamin is now ben")


@rule("commands.say")
def test_say_takes_a_command_as_text(clients: ClientFactory) -> None:
    """What follows ``/say`` and its one space is text, whatever it looks like."""
    anna, ben = clients("anna", "ben")

    ben.say(
        "/say /who",
        "/say who",
        "/say rename|zoe",
        "/say /quit",
        "/say   two more spaces",
        "/say    ",
    )

    anna.expect(
        "ben: /who",
        "ben: who",
        "ben: rename|zoe",
        "ben: /quit",
        "ben:   two more spaces",
        "ben:    ",
    )


@rule("commands.say")
def test_verb_is_known_in_lower_case_only(clients: ClientFactory) -> None:
    """A command is known in lower case only."""
    (anna,) = clients("anna")

    anna.say("/SAY hello")

    assert anna.next_line().startswith("! unknown command: /SAY")


@rule("commands.help")
def test_help_names_every_command(clients: ClientFactory) -> None:
    """The answer to ``/help`` names each command."""
    (anna,) = clients("anna")

    anna.say("/help")
    answer = anna.next_line()

    assert answer.startswith("* ")
    assert [c for c in ("/who", "/rename", "/say", "/help", "/quit") if c not in answer] == []


@rule("commands.help")
def test_help_is_answered_to_the_asker_alone(clients: ClientFactory) -> None:
    """Only the client that asks for help gets an answer; nobody else hears of it."""
    anna, ben = clients("anna", "ben")

    ben.say("/help")
    fence = ben.send_fence()

    anna.expect_nothing_but(fence)


@rule("commands.unknown")
def test_unknown_command_is_refused_to_the_asker_alone(clients: ClientFactory) -> None:
    """An unknown command is named in an error to its sender, and nobody else hears of it."""
    anna, ben = clients("anna", "ben")

    ben.say("/dance wildly", "/", "/whois", "/quit?")
    fence = ben.send_fence()

    ben.expect(
        "! unknown command: /dance (try /help)",
        "! unknown command: / (try /help)",
        "! unknown command: /whois (try /help)",
        "! unknown command: /quit? (try /help)",
    )
    anna.expect_nothing_but(fence)


@rule("commands.unknown")
def test_any_white_space_ends_a_command(clients: ClientFactory) -> None:
    """A command ends at the first white space, of whatever width."""
    anna, ben = clients("anna", "ben")

    for space in "\u00a0\u1680\u2003\u3000":
        ben.say(
            f"/dance{space}wildly", f"/say{space} hello{space}", f"/who{space}", f"/help{space}x"
        )

        ben.expect("! unknown command: /dance (try /help)", f"ben:  hello{space}")
        ben.expect("* online (2): anna, ben")
        assert ben.next_line().startswith("* commands: ")
    ben.say("/rename\u3000zoe\u3000", "/quit\u3000")
    anna.wait_for("* ben is now zoe")
    anna.expect("* zoe left")


@rule("commands.quit")
def test_quit_comes_after_all_that_was_said(clients: ClientFactory) -> None:
    """A client that quits gets everything that was said before, and then the end."""
    anna, ben = clients("anna", "ben")
    anna.say("to you all")
    ben.wait_for("anna: to you all")

    ben.say("one", "two", "/quit", "too late")

    lines, end = ben.lines_until_end()
    assert lines == ["ben: one", "ben: two"]
    assert end.how == "eof"
    assert end.code == (1000 if ben.door == "ws" else None)


@rule("commands.quit")
def test_quit_is_announced_after_its_last_line(clients: ClientFactory) -> None:
    """The others get a quitting client's last line, then its departure, and nothing after it."""
    anna, ben = clients("anna", "ben")

    ben.say("goodbye", "/quit", "too late")
    anna.expect("ben: goodbye", "* ben left")
    fence = anna.send_fence()

    anna.expect_nothing_but(fence)


FORGERIES = [
    "* anna left",
    "* server is shutting down",
    "! not UTF-8",
    "anna: I owe ben money",
    "hello\r* anna left",
    "hello\u2028* anna left",
    "hello\u2029anna: I owe ben money",
    "hello\x85* anna left",
]


@rule("commands.forge")
def test_no_text_becomes_a_line_of_another(clients: ClientFactory) -> None:
    """Whatever a client says, it reaches the others as one line under the client's own name."""
    anna, ben = clients("anna", "ben")

    ben.say(*FORGERIES, *(f"/say {text}" for text in FORGERIES))
    fence = ben.send_fence()

    lines = anna.lines_until(fence)
    assert [line for line in lines if not line.startswith("ben: ")] == []
    assert len(lines) == 2 * len(FORGERIES)


@rule("commands.forge")
def test_no_name_begins_a_line_of_another_kind(clients: ClientFactory, connect: Connect) -> None:
    """No client can take a name that makes its text look like another's, or like the room's."""
    (anna,) = clients("anna")
    zoe: Client = connect()

    for name in ("*", "* anna", "!", "! anna", "anna:", "anna: x", "anna", "/x"):
        zoe.say(f"/rename {name}")
    zoe.say("hello")
    fence = zoe.send_fence()

    anna.expect(f"* {zoe.name} joined", f"{zoe.name}: hello")
    anna.expect_nothing_but(fence)


@rule("commands.who")
def test_new_name_keeps_its_place_in_the_roster(clients: ClientFactory) -> None:
    """The names are in order of arrival, also after a rename."""
    anna, ben = clients("anna", "ben")

    anna.say("/rename zoe", "/who", "/rename anna", "/who")

    anna.expect("* anna is now zoe", "* online (2): zoe, ben", "* zoe is now anna")
    anna.expect("* online (2): anna, ben")
    ben.expect("* anna is now zoe", "* zoe is now anna")


@rule("commands.say")
def test_say_without_a_text_says_nothing(clients: ClientFactory) -> None:
    """A ``/say`` without a text is like an empty line: nobody hears of it."""
    anna, ben = clients("anna", "ben")

    anna.say("/say", "/say ")
    fence = anna.send_fence()

    ben.expect_nothing_but(fence)


@rule("commands.unknown")
def test_commands_are_written_in_small_letters(clients: ClientFactory) -> None:
    """A command in capitals is another word, and the answer quotes it as it was written."""
    (anna,) = clients("anna")

    anna.say("/WHO", "/Quit", "/RENAME zoe", "/Say hello")

    anna.expect(
        *(f"! unknown command: {verb} (try /help)" for verb in ("/WHO", "/Quit", "/RENAME", "/Say"))
    )


@rule("commands.quit")
def test_quit_in_a_quiet_room_ends_the_connection(clients: ClientFactory) -> None:
    """A client that quits when nothing waits for it is disconnected all the same."""
    anna, ben = clients("anna", "ben")
    wait_until_quiet(ben)

    ben.say("/quit")

    end = ben.expect_end()
    assert end.how == "eof"
    assert end.code == (1000 if ben.door == "ws" else None)
    anna.expect("* ben left")
