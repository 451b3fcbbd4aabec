"""Rules of the area ``membership``: a client leaves."""

import pytest

from conformance import (
    Client,
    ClientFactory,
    Connect,
    Server,
    TcpClient,
    rule,
)
from conformance.clogging import Talk, connect_clogged
from conformance.rules.leaving import WAYS_TO_LEAVE, end_own_stream, wait_for_all


ROUNDS = 100  # enough for races that a wrong server loses in one of twenty rounds


@rule("membership.left-once")
@pytest.mark.parametrize("way", WAYS_TO_LEAVE)
def test_departure_is_announced_once(way: str, connect: Connect) -> None:
    """In whatever way a client leaves, its departure is announced once."""
    anna: Client = connect("anna")
    leavers: list[Client] = [connect() for _ in range(20)]
    departures = [f"* {leaver.name} left" for leaver in leavers]

    anna.say(*["are you still there?"] * 20)
    for leaver in leavers:
        WAYS_TO_LEAVE[way](leaver)
        anna.say("and now?")  # the reading and the writing side may both notice the end
    heard = wait_for_all(anna, departures)
    anna.say(*["nobody?"] * 5)
    heard += anna.lines_until(anna.send_fence())

    assert sorted(line for line in heard if line.endswith(" left")) == sorted(departures)


@rule("membership.left-once")
def test_reset_with_much_underway_is_announced_once(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """When a client resets while much is waiting for it, its departure is announced once."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)
    Talk(anna).until_clogged(slow, server)

    slow.reset()
    anna.wait_for("* slow left")
    anna.say(*["nobody?"] * 20)
    fence = anna.send_fence()

    assert anna.lines_until(fence) == ["anna: nobody?"] * 20


@rule("membership.half-close")
def test_last_line_is_heard_by_its_speaker_too(connect: Connect) -> None:
    """A client that speaks and at once ends its stream gets its own line, and then the end."""
    for _ in range(ROUNDS):
        client: TcpClient = connect()
        client.say("last words")
        client.half_close()

        lines, end = client.lines_until_end()
        assert lines == [f"{client.name}: last words"]
        assert end.how == "eof"


@rule("membership.half-close")
def test_half_closed_client_gets_what_others_said_before(clients: ClientFactory) -> None:
    """A client that ends its stream while others talk gets all that was said before its end."""
    anna, ben = clients("anna", "ben")

    anna.say(*(f"number {number}" for number in range(3000)))
    ben.expect("anna: number 0")
    ben.half_close()
    lines, end = ben.lines_until_end()

    assert ["anna: number 0", *lines] == anna.lines_until("* ben left")
    assert end.how == "eof"


@rule("membership.no-ghost")
@pytest.mark.parametrize("way", WAYS_TO_LEAVE)
def test_who_has_left_is_in_no_roster(way: str, clients: ClientFactory, connect: Connect) -> None:
    """Neither ``/who`` nor a newcomer's roster lists a client that has left."""
    anna, ben = clients("anna", "ben")
    WAYS_TO_LEAVE[way](ben)
    anna.wait_for("* ben left")

    anna.say("/who")
    anna.expect("* online (1): anna")
    cara: Client = connect(welcome=False)
    cara.next_line()

    cara.expect(f"* online (2): anna, {cara.name}")


@rule("membership.no-ghost")
def test_who_has_left_gets_nothing(clients: ClientFactory) -> None:
    """A client that has left, and still reads, gets nothing that is said after its departure."""
    anna, ben = clients("anna", "ben")

    end_own_stream(ben)
    anna.expect("* ben left")
    anna.say("now that ben is gone")
    anna.expect("anna: now that ben is gone")

    lines, _ = ben.lines_until_end()
    assert lines == []


@rule("membership.no-ghost")
def test_commands_after_the_last_do_nothing(clients: ClientFactory) -> None:
    """Lines that a client sends after ``/quit`` do nothing."""
    anna, ben = clients("anna", "ben")

    ben.say("/quit", "/rename ghost", "boo", "/who")
    anna.expect("* ben left")
    anna.say("/who")

    anna.expect("* online (1): anna")


@rule("membership.no-ghost")
def test_who_was_cut_off_cannot_come_back(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that was cut off, and is still connected, cannot come back by renaming itself."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)
    Talk(anna).until_cut_off(slow, server)

    slow.say("/rename ghost", "boo")
    slow.half_close()
    slow.resume()
    slow.lines_until_end()
    anna.say("/who")

    anna.expect("* online (1): anna")


@rule("membership.left-once")
@pytest.mark.parametrize("way", WAYS_TO_LEAVE)
def test_departure_is_noticed_in_a_quiet_room(way: str, connect: Connect) -> None:
    """A departure is announced even if nothing is said, so that no write can find it out."""
    anna: Client = connect("anna")
    leaver: Client = connect()
    anna.wait_for(f"* {leaver.name} joined")

    WAYS_TO_LEAVE[way](leaver)

    anna.expect(f"* {leaver.name} left")
