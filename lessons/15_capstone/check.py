"""Judges lesson 15: a server, as a program, by tests of the conformance suite."""

from __future__ import annotations

import itertools
import re
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance import TICK, Client, ClientFactory, Connect, Server
from conformance.clogging import KERNEL_BYTES, Talk, connect_clogged, is_chat, kernel_bytes
from conformance.rules import test_commands as commands
from conformance.rules import test_framing_boundaries as boundaries
from conformance.rules import test_framing_encoding as encoding
from conformance.rules import test_membership_arrivals as arrivals
from conformance.rules import test_membership_departures as departures
from conformance.rules import test_names_allowed as allowed
from conformance.rules import test_names_taken as names
from conformance.rules import test_shutdown_goodbye as goodbye
from conformance.swarm import Coverage, SwarmLog
from hubbub.learning.programs import Program
from hubbub.learning.promises import promise


MOST_SAID_BYTES = 2 * KERNEL_BYTES  # beside a client that does not read
FURTHER = """\
There are more promises, and more tests of these. All of them, for the line door:
  hubbub conform --command "python EXERCISE.py --tcp {tcp}"
"""


def program(path):
    """Return the exercise, as what the promises put to the test."""
    return Program(path, beside=Path(__file__).parent)


@promise("lesson.starts", "It starts, and its door opens.")
def starts(server, seed):
    server.starts()


@promise("membership.welcome", "A newcomer is told its name, and then who is there.")
def welcome(server, seed):
    server.put_to(
        arrivals.test_newcomer_is_told_its_name_and_then_who_is_there,
        "A newcomer's first two lines are '* you are NAME' and '* online (N): NAME, NAME', with "
        "itself at the end. That is not what came.",
    )


@promise("commands.text", "Text goes to everyone, the speaker too, as NAME: text.")
def text(server, seed):
    server.put_to(
        commands.test_text_reaches_everyone_and_its_speaker,
        "ben said something, and not everybody heard it as 'ben: …': anna, cara, and ben himself.",
    )


@promise("framing.chunks", "The same bytes are the same lines, wherever they are cut.")
def chunks(server, seed):
    def sentence(found):
        got = found.rpartition(" and got ")[2]
        if "/say" in got:
            return (
                "A client said '/say TEXT', and the verb was heard too: everyone gets 'NAME: TEXT'."
            )
        if "wörld" in found.rpartition(" and got ")[0] and got == "'anna: 日本'":
            return (
                "A client said two lines, and the second was heard first. Is each line said in a "
                "task, or by a callback? These run in an order that you do not choose: say a line "
                "before you read the next one."
            )
        return (
            "A line came in two pieces, and was not heard as one line: what one read brings is not "
            "a line."
        )

    server.put_to(boundaries.test_line_may_be_cut_anywhere, sentence)


@promise("framing.not-utf8", "A line that is not UTF-8 is refused, and the connection goes on.")
def not_utf8(server, seed):
    server.put_to(
        encoding.test_line_that_is_not_utf8_is_refused,
        "A line was not UTF-8: its speaker gets '! not UTF-8', and the next line is heard as ever.",
    )


@promise("names.taken", "A name that another has, in whichever spelling, is refused.")
def taken(server, seed):
    def sentence(found):
        if re.search("waited .* for '.* is now .*' and got", found):
            return (
                "A client took a name that nobody had, and not everyone was told '* OLD is now "
                "NEW'."
            )
        if "is now" not in found.rpartition(" and got ")[2]:
            return "A name was asked for that another has: its asker gets '! name taken: NEW'."
        return (
            "Two clients have one name now, in the same or in another spelling, and nobody can "
            "tell them apart. Compare names NFKC-normalised and case-folded, and refuse with "
            "'! name taken: NEW'."
        )

    test = names.test_name_of_another_is_refused
    server.put_to(test, sentence, the_other_way_round=False, drawn=False)
    server.put_to(
        names.test_nobody_else_hears_of_a_taken_name,
        "A name was asked for that another has, and others heard of it too: only its asker gets "
        "'! name taken: NEW'.",
    )
    server.put_to(
        allowed.test_own_name_may_be_spelled_anew,
        "anna asked for 'ANNA', her own name in another spelling, and did not get it: a name is "
        "taken only where another client has it.",
        drawn=False,
    )


@promise("membership.left-once", "A client that resets its connection has left, once.")
def left_once(server, seed):
    def sentence(found):
        if "waited" in found:
            return (
                "Clients reset their connections, and nobody was told that they left: they are "
                "ghosts now. Whatever ends the reading, the client has to leave."
            )
        return "Clients reset their connections, and were not announced as gone once each."

    server.put_to(departures.test_departure_is_announced_once, sentence, way="reset")


TALKERS = ("anna", "ben", "cara", "dora")
LINES_EACH, LINES_PER_WRITE = 60, 3
GUESTS, NEWCOMERS = 12, 4


def talk_at_once(connect: Connect) -> None:
    """Four talk at once; meanwhile guests that came before them leave, and newcomers come and go.

    The guests stand before the talkers in the server's map. When some of them leave, a walk that
    begins later may overtake one that began earlier, if a walk can be interrupted.
    """
    guests = [connect(label=f"guest-1.{number}") for number in range(1, GUESTS + 1)]
    talkers = [connect(name) for name in TALKERS]
    newcomers: list[Client] = []

    def talks(client: Client) -> None:
        for first in range(1, LINES_EACH + 1, LINES_PER_WRITE):
            numbers = range(first, first + LINES_PER_WRITE)
            client.say(*(f"{client.label}-{number}" for number in numbers))
            client.wait_heard(f"{client.name}: {client.label}-{numbers[0]}")

    def leaves(number: int, client: Client) -> None:
        heard = LINES_EACH * (number // 3 + 1) // (GUESTS // 3 + 1)  # three at a time
        client.wait_heard(f"anna: anna-{heard}")
        client.half_close()

    def comes(number: int) -> None:
        talkers[0].wait_heard(f"anna: anna-{LINES_EACH * number // (NEWCOMERS + 1)}")
        client: Client = connect(label=f"guest-2.{number}")
        newcomers.append(client)
        client.say(f"{client.label}-1")
        client.wait_heard(f"{client.name}: {client.label}-1")
        client.reset()

    with ThreadPoolExecutor(GUESTS + NEWCOMERS + len(TALKERS)) as pool:
        parts = [pool.submit(leaves, *one) for one in enumerate(guests)]
        parts += [pool.submit(comes, number) for number in range(1, NEWCOMERS + 1)]
        parts += [pool.submit(talks, client) for client in talkers]
        for part in parts:
            part.result()
    for talker, visit in itertools.product(talkers, [*guests, *newcomers]):
        talker.wait_heard(f"* {visit.name} left")
    for client, fence in [(client, client.send_fence()) for client in talkers]:
        client.wait_for(fence)
    log = SwarmLog(tuple(talkers), (*guests, *newcomers), complete=True, trouble=())
    for rule in ("order.total", "order.membership", "delivery.exactly-once"):
        log.assert_keeps(rule, Coverage(receivers=4, messages=4 * LINES_EACH, overlaps=10))


@promise("order.total", "All hear everything in one order, while others come and go.")
def one_order(server, seed):
    server.put_to(
        talk_at_once,
        "Four talked at once while others came and went, and the four did not hear it all in one "
        "order, once.",
        guess="Something waits in the walk over the clients (an await), and another line, or a "
        "client that comes or goes, gets in between.",
    )


def long_talk(anna: Client, *listeners: Client) -> Talk:
    """Return a talk in few rounds: some servers take 40 ms for each, and that is no fault."""
    return Talk(anna, *listeners, line_bytes=4000, batch=64)


def require_clogged(talk: Talk, clogged: Client, server: Server) -> None:
    """See that the kernel did not take all of it, where it tells."""
    if sys.platform == "linux":
        talk.require_clogged(clogged, server)


def beside_a_clogged_client(clients: ClientFactory, connect: Connect, server: Server) -> str:
    """While one client does not read, the others hear all. Return what they heard of it."""
    anna, ben = clients("anna", "ben")
    clogged: Client = connect_clogged(connect)
    talk = long_talk(anna, ben)
    while f"* {clogged.name} was too slow" not in talk.heard[ben] and (
        talk.said_bytes < MOST_SAID_BYTES
    ):
        talk.go_on()
    assert talk.chat(ben) == talk.said, "ben did not hear all that anna said"
    require_clogged(talk, clogged, server)
    about = [line for line in talk.heard[ben] if line.startswith(f"* {clogged.name} ")]
    return about[-1] if about else ""


@promise("slow.isolation", "A client that stops reading delays nobody else.")
def isolation(server, seed):
    def test(clients: ClientFactory, connect: Connect, server: Server) -> None:
        found["fate"] = beside_a_clogged_client(clients, connect, server)

    found = server.remembers
    server.put_to(
        test,
        "One client stopped reading, and the others heard no more.",
        guess="The room waits for it.",
    )


def pause(clients: ClientFactory, connect: Connect, server: Server) -> None:
    """A client that stops reading for a moment, and then goes on, gets everything."""
    if sys.platform != "linux":
        return  # nothing tells there when a kernel's buffers are full
    anna, ben = clients("anna", "ben")
    slow: Client = connect_clogged(connect)
    talk = long_talk(anna, ben)
    held_bytes = -1
    while (now_bytes := kernel_bytes(slow, server)) != held_bytes or not talk.said:
        held_bytes = now_bytes
        assert talk.said_bytes < 2 * KERNEL_BYTES, "the kernel takes all"
        talk.go_on()
        if any(line.startswith(f"* {slow.name} ") for line in talk.heard[ben]):
            break
    waited = talk.said_bytes - kernel_bytes(slow, server)
    slow.resume()
    lines = slow.lines_until(lambda line: line == talk.said[-1] or line.startswith("! "))
    heard = [*lines, talk.said[-1]]
    assert [line for line in heard if is_chat(line)] == talk.said, (
        f"a client that read again when {waited:,} bytes waited in the server was cut off"
    )


@promise("lesson.pause", "A client that pauses for a moment loses nothing.")
def pauses(server, seed):
    server.put_to(
        pause,
        "One client did not read for a moment, and then read on; it was cut off, or lost lines. A "
        "kernel buffer that is full for a moment is no slow client: cut off only where more than a "
        "mebibyte waits.",
        drawn=False,
    )


@promise("slow.cut-off", "A client for whom too much waits is cut off, and the others hear why.")
def too_slow(server, seed):
    def test() -> None:
        fate = server.remembers["fate"]
        assert fate, "much was said, and nobody was told that the client was cut off"
        assert fate.endswith(" was too slow"), f"of the client that stopped reading came {fate!r}"

    def sentence(found):
        if "came" in found:
            return (
                "One client stopped reading, and was cut off; the others were told another reason. "
                "Tell them '* NAME was too slow'."
            )
        return (
            "One client stopped reading, and what it does not take waits in your server without an "
            "end; or it was cut off, and nobody was told. Where too much waits for a client, cut "
            "it off, and tell all others: '* NAME was too slow'."
        )

    server.put_to(test, sentence)


@promise("shutdown.announce", "Everyone hears that the server stops, and then the end.")
def announce(server, seed):
    server.put_to(
        goodbye.test_departures_are_not_announced_one_by_one,
        "SIGTERM came, and not everybody got '* server is shutting down', nothing else, and then "
        "the end of the connection.",
        ends=True,
    )


def end_by_signal(clients: ClientFactory, server: Server) -> None:
    """It ends by itself when it is told to, once those inside have seen the end."""
    (anna,) = clients("anna")
    server.signal(signal.SIGTERM)
    anna.lines_until_end()
    anna.abandon()
    code = server.wait_exit(20 * TICK)
    assert code == 0, f"it ended with exit code {code}"


@promise("shutdown.exit", "On SIGTERM the process ends by itself, with exit code 0.")
def exits(server, seed):
    server.put_to(
        end_by_signal,
        "SIGTERM came, all clients left, and your program did not end by itself with exit code 0.",
        ends=True,
    )
