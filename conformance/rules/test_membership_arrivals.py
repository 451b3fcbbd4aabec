"""Rules of the area ``membership``: a client joins."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance import (
    WITHIN,
    Client,
    ClientFactory,
    Connect,
    Door,
    Server,
    Unknown,
    WebSocketClient,
    http_request,
    rule,
)
from conformance.swarm import Coverage, Swarm


AMID_COMING_AND_GOING = Coverage(receivers=3, messages=150, joins=10, departures=10)
ROUNDS = 100  # enough for races that a wrong server loses in one of twenty rounds


@rule("membership.welcome")
def test_newcomer_is_told_its_name_and_then_who_is_there(
    clients: ClientFactory, connect: Connect
) -> None:
    """A newcomer's first line is its name, its second the roster, with itself at the end."""
    clients("anna", "ben")

    cara: Client = connect(welcome=False)
    first, second = cara.next_line(), cara.next_line()

    assert first == f"* you are {cara.name}"
    assert second == f"* online (3): anna, ben, {cara.name}"


@rule("membership.welcome")
def test_first_of_all_is_alone_in_its_roster(connect: Connect) -> None:
    """A client that enters an empty room is alone in its roster."""
    anna: Client = connect(welcome=False)

    anna.expect(f"* you are {anna.address}", f"* online (1): {anna.address}")


@rule("membership.welcome")
def test_welcome_comes_before_what_a_hasty_newcomer_says(connect: Connect) -> None:
    """A newcomer that speaks before its welcome is welcomed first, and then heard."""
    for _ in range(ROUNDS // 5):
        hasty: Client = connect(welcome=False)
        hasty.say("hello", "/who")

        first, second, third, fourth = (hasty.next_line() for _ in range(4))
        assert first == f"* you are {hasty.name}"
        assert second == f"* online (1): {hasty.name}"
        assert third == f"{hasty.name}: hello"
        assert fourth == second
        hasty.close()


@rule("membership.joined")
def test_others_hear_of_a_newcomer_and_it_does_not(
    clients: ClientFactory, connect: Connect
) -> None:
    """Everyone in the room hears once of a newcomer, and the newcomer does not."""
    anna, ben = clients("anna", "ben")

    cara: Client = connect()
    fence = cara.send_fence()

    for client in (anna, ben):
        client.expect(f"* {cara.name} joined")
        client.expect_nothing_but(fence)
    cara.expect_nothing_but(fence)


@rule("membership.joined")
def test_unfinished_handshake_is_no_newcomer(
    clients: ClientFactory, connect: Connect, server: Server, door: Door
) -> None:
    """Nobody hears of a connection that asks for a page or never completes its request."""
    if door != "ws":
        pytest.skip("the line door has no handshake")
    anna, ben = clients("anna", "ben")

    half: WebSocketClient = connect(welcome=False, handshake=False)
    half.send_raw(b"GET /ws HTTP/1.1\r\nHost: localhost\r\n")
    http_request(server.ws, "/")
    half.abandon()
    cara: Client = connect()

    anna.expect(f"* {cara.name} joined")
    ben.expect(f"* {cara.name} joined")
    fence = cara.send_fence()
    anna.expect_nothing_but(fence)


@rule("membership.one-step")
def test_who_has_its_welcome_gets_what_is_said_next(connect: Connect) -> None:
    """A newcomer gets everything that is said once it has its first line."""
    anna: Client = connect("anna")

    for number in range(ROUNDS):
        newcomer: Client = connect(welcome=False)
        newcomer.next_line()
        anna.say(f"number {number}")

        newcomer.wait_for(f"anna: number {number}")
        newcomer.abandon()


@rule("membership.one-step")
def test_who_hears_of_a_newcomer_can_reach_it(connect: Connect) -> None:
    """A newcomer gets everything that is said in answer to its ``joined``."""
    anna: Client = connect("anna")

    for number in range(ROUNDS):
        newcomer: Client = connect(welcome=False)
        anna.wait_for(lambda line: line.endswith(" joined"))
        anna.say(f"number {number}")

        newcomer.wait_for(f"anna: number {number}")
        newcomer.abandon()


@rule("membership.one-step")
def test_newcomers_at_one_time_know_of_one_another(connect: Connect) -> None:
    """Of two clients that join at once, each learns of the other, by its roster or ``joined``."""
    crowd = 30
    anna: Client = connect("anna")
    start = threading.Barrier(crowd)

    def enter(_: int) -> tuple[Client, list[str]]:
        start.wait(WITHIN)
        client: Client = connect(welcome=False)
        client.next_line()
        return client, names_in(client.next_line())

    with ThreadPoolExecutor(crowd) as pool:
        entered = list(pool.map(enter, range(crowd)))
    fence = anna.send_fence()

    everyone = sorted(["anna", *(client.name for client, _ in entered)])
    for client, roster in entered:
        heard_of = [line.split()[1] for line in client.lines_until(fence)]
        assert sorted(roster + heard_of) == everyone, f"{client.name} knows of other clients"


@rule("membership.one-step")
def test_newcomer_gets_everything_from_its_arrival_on(connect: Connect) -> None:
    """A newcomer gets exactly what the others get after its ``joined``."""
    anna, ben = connect("anna"), connect("ben")
    enough = threading.Event()

    def talk() -> None:
        for batch in itertools.count():
            anna.say(*(f"{batch}.{number}" for number in range(10)))
            anna.wait_for(f"anna: {batch}.9")  # so that this is no flood
            if enough.is_set():
                return

    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(talk)
        newcomers: list[Client] = [connect() for _ in range(30)]
        enough.set()
        talking.result(WITHIN)
    fence = anna.send_fence()
    room = ben.lines_until(fence)

    arrivals = [room.index(f"* {newcomer.name} joined") for newcomer in newcomers]
    for newcomer, arrival in zip(newcomers, arrivals, strict=True):
        assert newcomer.lines_until(fence) == room[arrival + 1 :], f"{newcomer.name} got others"
    if arrivals[-1] - arrivals[0] < 2 * len(arrivals):
        raise Unknown("too little was said while the newcomers came")


@rule("membership.one-step")
def test_no_arrival_splits_the_room(swarm: Swarm) -> None:
    """While many come and go, each client gets everything from its own arrival on."""
    log = swarm(talkers=3, lines_each=60, visitors=5, visits_each=5)

    log.assert_keeps("membership.one-step", AMID_COMING_AND_GOING)


def names_in(roster: str) -> list[str]:
    """Return the names that a roster line lists."""
    assert roster.startswith("* online ("), roster
    return roster.partition("): ")[2].split(", ")
