"""Rules of the area ``delivery``: every line arrives, once, and unaltered."""

import random
import sys
import unicodedata
from collections import Counter

import pytest

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    Door,
    Launch,
    Server,
    rule,
    settings,
)
from conformance.clogging import LINE_BYTES, Talk, connect_clogged, is_chat
from conformance.rules.crowd import Crowd
from conformance.rules.leaving import wait_for_all
from conformance.swarm import Coverage, Swarm


MAX_LINE_BYTES = 4096  # the default
NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for
ROOMY_OUTBOX = 100_000  # messages: only the limit of 1 MiB counts


@rule("delivery.exactly-once")
def test_talk_of_many_at_once_arrives_once_at_each(swarm: Swarm) -> None:
    """Clients that all talk at the same time each get every line exactly once."""
    log = swarm(talkers=6, lines_each=100)

    log.assert_keeps("delivery.exactly-once", Coverage(receivers=6, messages=600, overlaps=60))


@rule("delivery.exactly-once")
def test_coming_and_going_costs_nobody_a_line(swarm: Swarm) -> None:
    """A client that stays while others come and go gets every line once, including theirs."""
    log = swarm(talkers=3, lines_each=80, visitors=4, visits_each=6)

    log.assert_keeps("delivery.exactly-once", Coverage(receivers=3, joins=10, departures=10))


@rule("delivery.exactly-once")
def test_same_line_again_is_another_line(clients: ClientFactory) -> None:
    """A line that one client says three times and another says twice arrives five times."""
    anna, ben, cara = clients("anna", "ben", "cara")

    anna.say("again", "again", "again")
    ben.wait_heard("anna: again")
    ben.say("again", "again")
    fence = ben.send_fence()

    for client in (anna, ben, cara):
        assert Counter(client.lines_until(fence)) == {"anna: again": 3, "ben: again": 2}


CROWD = 300  # clients: more than a server writes to before it looks for new lines
PATIENCE = 300 * TICK


@rule("delivery.exactly-once")
def test_large_room_hears_everything_once(connect: Connect, server: Server, door: Door) -> None:
    """In a large room everyone gets each line once, from its arrival to its departure."""
    with Crowd(server, door, CROWD) as crowd:
        # A server that is slow to accept lets some of the crowd in after anna.
        crowd.wait_for("* online (", *crowd.members, within=PATIENCE)
        anna: Client = connect()
        start = anna.send_fence()
        crowd.wait_for(start.marker, *crowd.members, within=PATIENCE)
        anna.wait_for(start, within=PATIENCE)
        talkers, leavers, stayers = (crowd.members[n::20] for n in (0, 7, 11))

        with server.frozen():  # so that much is underway when it goes on
            newcomers = []
            for number in range(5):
                for talker in talkers:
                    talker.say(*(f"{number}.{count}" for count in range(4)))
                for leaver in leavers[number::5]:
                    leaver.say("goodbye")
                    leaver.leave()
                newcomers += [crowd.add(), crowd.add()]
        crowd.wait_for("* online (", *newcomers, within=PATIENCE)
        events = [f"{talker.name}: 4.3" for talker in talkers]
        events += [f"* {leaver.name} left" for leaver in leavers]
        events += [f"* {newcomer.name} joined" for newcomer in newcomers]
        told = wait_for_all(anna, events)
        fence = anna.send_fence()
        told += anna.lines_until(fence, within=PATIENCE)
        crowd.wait_for(fence.marker, *stayers, *talkers, *newcomers, within=PATIENCE)
        crowd.wait_for_end(*leavers, within=PATIENCE)

    expected = [
        f"{talker.name}: {n}.{count}" for talker in talkers for n in range(5) for count in range(4)
    ]
    expected += [f"{leaver.name}: goodbye" for leaver in leavers]
    assert Counter(told) == Counter(expected + events[len(talkers) :])
    told.append(f"{anna.name}: {fence.marker}")
    for member in crowd.members:
        lines = member.lines()
        if member in newcomers:
            heard, due = lines[2:], told[told.index(f"* {member.name} joined") + 1 :]
        else:
            heard, due = lines[lines.index(f"{anna.name}: {start.marker}") + 1 :], told
        if member in leavers:
            due = told[: told.index(f"* {member.name} left")]
        assert heard == due, f"{member.name} got other lines"


@rule("delivery.exactly-once")
@settings(write_timeout=NEVER_S, outbox=ROOMY_OUTBOX)
def test_client_that_reads_late_misses_nothing(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that pauses, until its socket is full, gets every line once when it reads again."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)

    talk.until_clogged(slow, server)
    slow.resume()
    fence = anna.send_fence()

    assert [line for line in slow.lines_until(fence, within=PATIENCE) if is_chat(line)] == talk.said


SCRIPTS = {
    "Latin": "Übergrößenträger naïve façade Ærøskøbing ľúbiť",
    "Greek": "Ὦ ξεῖν, ἀγγέλλειν",
    "Cyrillic": "Съешь ещё этих мягких булок",
    "Chinese": "大家好 有人在吗",
    "Japanese": "おはようございます カタカナ ｶﾀｶﾅ",
    "Korean, composed and not": "안녕 \u110b\u1161\u11ab",
    "Arabic": "مرحبا بالجميع ٤٢",
    "Hebrew, with points": "שָׁלוֹם",
    "Devanagari": "नमस्ते दुनिया",
    "Thai": "สวัสดีทุกคน",
    "Emoji, joined and coloured": "👩‍👩‍👧‍👦 👋🏽 🏳️‍🌈 ❤️",
    "beyond the first plane": "\U0001d518\U0001d52b \U00010348 \U0002070e",
    "one letter, composed and not": "\u00e9 e\u0301",
    "look-alikes": "\ufb01 \u2460 \uff21 \u212a \u212b",
    "unusual spaces": "a\u00a0b\u3000c\u2009d\u200be",
    "direction marks": "a\u202eb\u202cc\u200fd",
    "a byte order mark": "\ufeffa\ufeff",
    "private and never assigned": "\ue000 \uffff \U0010ffff \U000e0001",
    "replacement": "\ufffd",
    "spaces around": "   three before and two behind  ",
    "spaces alone": "   ",
    "markup": "<b>&amp;</b> <!-- --> \"quoted\" 'quoted' `x`",
    "formats": "%s %d %% {0} {} $HOME ${x} \\n \\x1b \\",
    "lists": "a|b, c; d: e",
}


@rule("delivery.unaltered")
def test_every_script_arrives_as_it_was_sent(clients: ClientFactory) -> None:
    """Text in any script, composed or decomposed, with any space or mark, arrives unaltered."""
    anna, ben = clients("anna", "ben")

    anna.say(*SCRIPTS.values())

    for client in (anna, ben):
        for script, text in SCRIPTS.items():
            assert client.next_line() == f"anna: {text}", script


@rule("delivery.unaltered")
def test_any_characters_arrive_as_they_were_sent(clients: ClientFactory) -> None:
    """Lines of random characters, of all that a line may contain, arrive unaltered."""
    anna, ben = clients("anna", "ben")
    chance = random.Random(1)
    allowed = [
        chr(point)
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) not in ("Cc", "Zl", "Zp", "Cs")
    ]
    texts = ["-" + "".join(chance.choices(allowed, k=chance.randint(1, 200))) for _ in range(100)]

    anna.say(*texts)

    for client in (anna, ben):
        client.expect(*(f"anna: {text}" for text in texts))


@rule("delivery.unaltered")
@pytest.mark.parametrize(
    "character", ["x", "ß", "語", "🐢"], ids=lambda c: f"{len(c.encode())}-byte"
)
def test_long_lines_arrive_whole(character: str, clients: ClientFactory) -> None:
    """Lines of any length up to the limit arrive whole, wherever the server's reads cut them."""
    anna, ben = clients("anna", "ben")
    most = MAX_LINE_BYTES // len(character.encode())
    texts = [character * (most - less) for less in range(100)]

    anna.say(*texts)

    for client in (anna, ben):
        client.expect(*(f"anna: {text}" for text in texts))


@rule("delivery.unaltered")
@settings(write_timeout=NEVER_S, outbox=ROOMY_OUTBOX)
def test_lines_that_waited_arrive_unaltered(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that pauses until its socket is full gets no mixture of lines later."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)
    texts = [f"{number:03} " * (LINE_BYTES // 4) for number in range(100)]  # different all along

    talk.until_clogged(slow, server)
    for text in texts:
        anna.say(text)
        ben.wait_heard(f"anna: {text}")
    slow.resume()
    fence = anna.send_fence()

    said = {*talk.said, *(f"anna: {text}" for text in texts)}
    heard = [line for line in slow.lines_until(fence, within=PATIENCE) if is_chat(line)]
    assert [line for line in heard if line not in said] == []


@pytest.fixture
def other_door(door: Door, launch: Launch) -> Door:
    """The door that this run is not about; with a server of one door the test is skipped."""
    other: Door = "ws" if door == "tcp" else "tcp"
    if other not in launch.contender.doors:
        pytest.skip(f"it has no {other} door")
    return other


@rule("delivery.one-room")
def test_text_goes_through_to_the_other_door(
    clients: ClientFactory, connect: Connect, other_door: Door
) -> None:
    """A line that is said at one door arrives at the other, word for word."""
    ben: Client = connect("ben", door=other_door)
    (anna,) = clients("anna")
    ben.wait_for(anna.send_fence())

    anna.say("hello over there", *SCRIPTS.values())

    ben.expect("anna: hello over there", *(f"anna: {text}" for text in SCRIPTS.values()))


@rule("delivery.one-room")
def test_room_tells_the_other_door_who_comes_and_goes(connect: Connect, other_door: Door) -> None:
    """Arrivals, renames and departures at one door are announced at the other."""
    ben: Client = connect("ben", door=other_door)

    anna: Client = connect("anna")
    anna.close()

    ben.expect(
        f"* {anna.address} joined",
        f"* {anna.address} is now anna",
        "* anna left",
    )


@rule("delivery.one-room")
def test_roster_names_those_of_both_doors(connect: Connect, other_door: Door) -> None:
    """Every roster lists the clients of both doors, in order of arrival."""
    connect("ben", door=other_door)
    anna: Client = connect("anna")

    anna.say("/who")
    anna.expect("* online (2): ben, anna")  # wait for it: nothing else orders the two questions
    cara: Client = connect(door=other_door, welcome=False)
    cara.next_line()

    cara.expect(f"* online (3): ben, anna, {cara.name}")
