"""Rules of the area ``order``: one order for everyone, and each speaker's own order within it."""

import pytest

from conformance import TICK, ClientFactory, Connect, Launch, Server, rule, settings
from conformance.clogging import Talk, connect_clogged, is_chat
from conformance.swarm import Coverage, Swarm


REALLY_AT_ONCE = Coverage(receivers=4, messages=200, overlaps=40)
AMID_COMING_AND_GOING = Coverage(receivers=4, messages=150, overlaps=40, joins=4, departures=4)


@rule("order.total")
def test_everyone_sees_what_happens_in_one_order(swarm: Swarm) -> None:
    """Chat, joins, renames and departures come in the same order at every client."""
    log = swarm(talkers=4, lines_each=60, renames_each=3, visitors=3)

    log.assert_keeps("order.total", AMID_COMING_AND_GOING)


@rule("order.total")
def test_both_doors_see_one_order(swarm: Swarm, launch: Launch) -> None:
    """The order at one door is the order at the other."""
    if len(launch.contender.doors) < 2:
        pytest.skip("it has one door")

    log = swarm(talkers=6, lines_each=60, doors=("tcp", "ws"))

    log.assert_keeps("order.total", REALLY_AT_ONCE)


@rule("order.speaker")
def test_lines_of_each_talker_stay_in_order(swarm: Swarm) -> None:
    """However many clients talk at once, each one's lines come in the order it said them."""
    log = swarm(talkers=6, lines_each=100)

    log.assert_keeps("order.speaker", REALLY_AT_ONCE)


@rule("order.speaker")
def test_lines_of_one_write_stay_in_order(clients: ClientFactory) -> None:
    """Lines that were said in one write come in their order, to the speaker and to others."""
    anna, ben = clients("anna", "ben")
    lines = [f"line {number}" for number in range(200)]

    ben.say(*lines)

    for client in (anna, ben):
        client.expect(*(f"ben: {line}" for line in lines))


@rule("order.membership")
def test_nothing_comes_from_outside_a_stay(swarm: Swarm) -> None:
    """While many come and go, nobody gets a line before its welcome or from a client that left."""
    log = swarm(talkers=4, lines_each=60, visitors=4, visits_each=5)

    log.assert_keeps("order.membership", AMID_COMING_AND_GOING)


@rule("order.membership")
def test_departure_comes_after_the_last_line(clients: ClientFactory) -> None:
    """A client's departure comes after everything that it said, and nothing of it comes later."""
    anna, ben = clients("anna", "ben")
    lines = [f"line {number}" for number in range(50)]

    ben.say(*lines)
    ben.close()
    said = anna.lines_until("* ben left")
    fence = anna.send_fence()

    assert said == [f"ben: {line}" for line in lines]
    anna.expect_nothing_but(fence)


NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for


@rule("order.total")
@settings(write_timeout=NEVER_S, outbox=100_000)
def test_who_reads_on_amid_talk_gets_it_in_order(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """What waited during a pause comes before what is said while the client catches up."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)

    for _ in range(2):
        talk.until_clogged(slow, server)
        slow.resume()
        talk.go_on(150)  # all of it fits into its outbox: on a busy machine it may count as stalled
        fence = anna.send_fence()
        heard = slow.lines_until(fence, within=300 * TICK)
        ben.wait_for(fence)
        anna.wait_for(fence)
        said, talk.said = talk.said, []
        slow.clog()

        assert [line for line in heard if is_chat(line)] == said
