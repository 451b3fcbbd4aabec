"""Judges lesson 15: a server, as a program, by tests of the conformance suite."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from conformance import TICK, Client, ClientFactory, Connect, Server
from conformance.clogging import KERNEL_BYTES, Talk, connect_clogged
from conformance.rules import test_commands as commands
from conformance.rules import test_framing_boundaries as boundaries
from conformance.rules import test_framing_encoding as encoding
from conformance.rules import test_membership_arrivals as arrivals
from conformance.rules import test_membership_departures as departures
from conformance.rules import test_names_taken as names
from conformance.rules import test_shutdown_goodbye as goodbye
from conformance.swarm import Coverage, Swarm
from hubbub.learning.programs import Program
from hubbub.learning.promises import promise


FURTHER = """\
There are more promises, and more tests of these. All of them, for the line door:
  hubbub conform --command "python lessons/15_capstone/exercise.py --tcp {tcp}"
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
    server.put_to(
        boundaries.test_line_may_be_cut_anywhere,
        "A line came in two pieces, and was not heard as one line: what one read brings is not a "
        "line.",
    )


@promise("framing.not-utf8", "A line that is not UTF-8 is refused, and the connection goes on.")
def not_utf8(server, seed):
    server.put_to(
        encoding.test_line_that_is_not_utf8_is_refused,
        "A line was not UTF-8: its speaker gets '! not UTF-8', and the next line is heard as ever.",
    )


@promise("names.taken", "A name that another has, in whichever spelling, is refused.")
def taken(server, seed):
    def sentence(found):
        if "is now" not in found.rpartition(" and got ")[2]:
            return "A name was asked for that another has: its asker gets '! name taken: NEW'."
        return (
            "Two clients have one name now, in the same or in another spelling: who is who? "
            "Compare names NFKC-normalised and case-folded, and refuse with '! name taken: NEW'."
        )

    test = names.test_name_of_another_is_refused
    server.put_to(test, sentence, the_other_way_round=False, drawn=False)


@promise("membership.left-once", "Who resets its connection has left, once.")
def left_once(server, seed):
    def sentence(found):
        if "waited" in found:
            return (
                "Clients reset their connections, and nobody was told that they left: they are "
                "ghosts now. Whatever ends the reading, the client has to leave."
            )
        return "Clients reset their connections, and were not announced as gone once each."

    server.put_to(departures.test_departure_is_announced_once, sentence, way="reset")


def talk_at_once(swarm: Swarm) -> None:
    """Four talk at once, and rename themselves meanwhile."""
    log = swarm(talkers=4, lines_each=40, renames_each=4)
    log.assert_keeps("order.total", Coverage(receivers=4, messages=160, overlaps=20))


@promise("order.total", "All hear everything in one order.")
def one_order(server, seed):
    server.put_to(
        talk_at_once,
        "Four talked at once, and did not hear it in one order. Something waits in the walk over "
        "the clients, and another line comes in between.",
    )


def long_talk(anna: Client, *listeners: Client) -> Talk:
    """Return a talk in few rounds: some servers take 40 ms for each, and that is no fault."""
    return Talk(anna, *listeners, line_bytes=4000, batch=64)


def require_clogged(talk: Talk, clogged: Client, server: Server) -> None:
    """See that the kernel did not take all of it, where it tells."""
    if sys.platform == "linux":
        talk.require_clogged(clogged, server)


def beside_one_who_does_not_read(clients: ClientFactory, connect: Connect, server: Server) -> None:
    """While one client does not read, the others hear all that is said."""
    anna, ben = clients("anna", "ben")
    clogged: Client = connect_clogged(connect)
    talk = long_talk(anna, ben)
    talk.go_on(KERNEL_BYTES // 4000)
    assert talk.chat(ben) == talk.said, "ben did not hear all that anna said"
    require_clogged(talk, clogged, server)


@promise("slow.isolation", "A client that stops reading delays nobody else.")
def isolation(server, seed):
    server.put_to(
        beside_one_who_does_not_read,
        "One client stopped reading, and the others heard no more: the room waits for it.",
    )


def cut_off(clients: ClientFactory, connect: Connect, server: Server) -> None:
    """A client that does not read is cut off at last, and the others are told why."""
    anna, ben = clients("anna", "ben")
    clogged: Client = connect_clogged(connect)
    talk = long_talk(anna, ben)
    fate = f"* {clogged.name} was too slow"
    while fate not in talk.heard[ben]:
        talk.go_on()
        if talk.said_bytes > 2 * KERNEL_BYTES:
            require_clogged(talk, clogged, server)
            said_mib = talk.said_bytes >> 20
            raise AssertionError(f"{said_mib} MiB were said, and slow is still in the room")


@promise("slow.cut-off", "A client for whom too much waits is cut off, and the others hear why.")
def too_slow(server, seed):
    server.put_to(
        cut_off,
        "One client stopped reading, and what it does not take waits in your server without an "
        "end. Where too much waits for a client, cut it off, and tell all others: '* NAME was too "
        "slow'.",
    )


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
