"""Rules of the area ``membership``: who is in the room, from when on and until when."""

import itertools
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance import (
    WITHIN,
    Client,
    ClientFactory,
    Connect,
    Door,
    Server,
    TcpClient,
    Unknown,
    WebSocketClient,
    http_request,
    rule,
)
from conformance.clogging import Talk, connect_clogged
from conformance.swarm import Coverage, Swarm


AMID_COMING_AND_GOING = Coverage(receivers=3, messages=150, joins=10, departures=10)
ROUNDS = 100  # for races that a wrong server loses once in twenty times


@rule("membership.welcome")
def test_newcomer_is_told_its_name_and_then_who_is_there(
    clients: ClientFactory, connect: Connect
) -> None:
    """A newcomer's first line is its name, its second the roster with itself at the end."""
    clients("anna", "ben")

    cara: Client = connect(welcome=False)
    first, second = cara.next_line(), cara.next_line()

    assert first == f"* you are {cara.name}"
    assert second == f"* online (3): anna, ben, {cara.name}"


@rule("membership.welcome")
def test_first_of_all_is_alone_in_its_roster(connect: Connect) -> None:
    """Who enters an empty room is told of itself alone."""
    anna: Client = connect(welcome=False)

    anna.expect(f"* you are {anna.address}", f"* online (1): {anna.address}")


@rule("membership.welcome")
def test_welcome_comes_before_what_a_hasty_newcomer_says(connect: Connect) -> None:
    """A newcomer that speaks before it is welcomed is welcomed first, and heard."""
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
    """Everyone who is there hears once of a newcomer, and the newcomer does not."""
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
    """Nothing that is said once a newcomer has its first line passes it by."""
    anna: Client = connect("anna")

    for number in range(ROUNDS):
        newcomer: Client = connect(welcome=False)
        newcomer.next_line()
        anna.say(f"number {number}")

        newcomer.wait_for(f"anna: number {number}")
        newcomer.abandon()


@rule("membership.one-step")
def test_who_hears_of_a_newcomer_can_reach_it(connect: Connect) -> None:
    """Nothing that is said in answer to ``joined`` passes the newcomer by."""
    anna: Client = connect("anna")

    for number in range(ROUNDS):
        newcomer: Client = connect(welcome=False)
        anna.wait_for(lambda line: line.endswith(" joined"))
        anna.say(f"number {number}")

        newcomer.wait_for(f"anna: number {number}")
        newcomer.abandon()


@rule("membership.one-step")
def test_newcomers_at_one_time_know_of_one_another(connect: Connect) -> None:
    """Of two that come at once, one has the other in its roster and the other hears of it."""
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
        assert sorted(roster + heard_of) == everyone, f"what {client.name} knows of"


@rule("membership.one-step")
def test_newcomer_gets_everything_from_its_arrival_on(connect: Connect) -> None:
    """What a newcomer gets is all that the others get after its ``joined``, and no more."""
    anna, ben = connect("anna"), connect("ben")
    enough = threading.Event()

    def talk() -> None:
        for batch in itertools.count():
            anna.say(*(f"{batch}.{number}" for number in range(10)))
            anna.wait_for(f"anna: {batch}.9")  # a flood is another rule's business
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
        assert newcomer.lines_until(fence) == room[arrival + 1 :], f"what {newcomer.name} got"
    if arrivals[-1] - arrivals[0] < 2 * len(arrivals):
        raise Unknown("too little was said while the newcomers came")


def quit_the_room(client: Client) -> None:
    """Leave by command, and wait for the end."""
    client.say("/quit")
    client.lines_until_end()


def close_and_reset(client: Client) -> None:
    """End the own stream as the door has it, and reset the connection without waiting."""
    if isinstance(client, WebSocketClient):
        client.send_close()
    else:
        client.half_close()
    client.reset()


def close_twice(client: Client) -> None:
    """Ask to leave and end the own stream, all at once."""
    client.say("/quit")
    client.half_close()


WAYS_TO_LEAVE: dict[str, Callable[[Client], object]] = {
    "close": lambda client: client.close(),
    "reset": lambda client: client.reset(),
    "drop": lambda client: client.abandon(),
    "quit": quit_the_room,
    "end of stream": lambda client: client.half_close(),
    "close and reset": close_and_reset,
    "quit and end of stream": close_twice,
}


@rule("membership.left-once")
@pytest.mark.parametrize("way", WAYS_TO_LEAVE)
def test_departure_is_announced_once(way: str, connect: Connect) -> None:
    """However a client leaves, and whatever is on its way to it, it has left once."""
    anna: Client = connect("anna")
    leavers: list[Client] = [connect() for _ in range(20)]
    departures = [f"* {leaver.name} left" for leaver in leavers]

    anna.say(*["are you still there?"] * 20)
    for leaver in leavers:
        WAYS_TO_LEAVE[way](leaver)
        anna.say("and now?")  # both of a connection's directions may notice that it is gone
    heard = wait_for_all(anna, departures)
    anna.say(*["nobody?"] * 5)
    heard += anna.lines_until(anna.send_fence())

    assert sorted(line for line in heard if line.endswith(" left")) == sorted(departures)


@rule("membership.left-once")
def test_reset_with_much_underway_is_announced_once(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that resets the connection while much is waiting for it has left once."""
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
    """A client that speaks and ends its stream at once gets its own line, and then the end."""
    for _ in range(ROUNDS):
        client: TcpClient = connect()
        client.say("last words")
        client.half_close()

        lines, end = client.lines_until_end()
        assert lines == [f"{client.name}: last words"]
        assert end.how == "eof"


@rule("membership.half-close")
def test_half_closed_client_gets_what_others_said_before(clients: ClientFactory) -> None:
    """A client that ends its stream in the middle of the talk gets all of it up to its end."""
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
    """Neither ``/who`` nor a newcomer's roster names a client that has left."""
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
    """What is said after a departure does not reach the one that left, though it still reads."""
    anna, ben = clients("anna", "ben")

    if isinstance(ben, WebSocketClient):
        ben.send_close()
    else:
        ben.half_close()
    anna.expect("* ben left")
    anna.say("now that ben is gone")
    anna.expect("anna: now that ben is gone")

    lines, _ = ben.lines_until_end()
    assert lines == []


@rule("membership.no-ghost")
def test_commands_after_the_last_do_nothing(clients: ClientFactory) -> None:
    """Who has quit is not brought back by what it sent behind."""
    anna, ben = clients("anna", "ben")

    ben.say("/quit", "/rename ghost", "boo", "/who")
    anna.expect("* ben left")
    anna.say("/who")

    anna.expect("* online (1): anna")


@rule("membership.no-ghost")
def test_who_was_cut_off_cannot_come_back(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that the room has dropped, and that is still connected, cannot rename itself in."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)
    Talk(anna).until_cut_off(slow, server)

    slow.say("/rename ghost", "boo")
    slow.half_close()
    slow.resume()
    slow.lines_until_end()
    anna.say("/who")

    anna.expect("* online (1): anna")


@rule("membership.one-step")
def test_no_arrival_splits_the_room(swarm: Swarm) -> None:
    """While many come and go amid the talk, each hears all from its own arrival on."""
    log = swarm(talkers=3, lines_each=60, visitors=5, visits_each=5)

    log.assert_keeps("membership.one-step", AMID_COMING_AND_GOING)


@rule("membership.churn")
def test_comings_and_goings_amid_talk_are_told_once_each(swarm: Swarm) -> None:
    """While others talk and take new names, each stay is announced once and ended once."""
    log = swarm(talkers=3, lines_each=60, visitors=6, visits_each=6, renames_each=2)

    log.assert_keeps("membership.churn", AMID_COMING_AND_GOING)


@rule("membership.churn")
def test_each_of_many_stays_is_announced_once_and_ended_once(connect: Connect) -> None:
    """Of many that come and go at once, each is announced once and has left once."""
    workers, stays = 8, 28
    anna: Client = connect("anna")

    def come_and_go(worker: int) -> list[str]:
        names = []
        ways = list(WAYS_TO_LEAVE.values())
        for stay in range(stays):
            client: Client = connect()
            names.append(client.name)
            ways[(worker + stay) % len(ways)](client)
        return names

    with ThreadPoolExecutor(workers) as pool:
        names = [name for stayed in pool.map(come_and_go, range(workers)) for name in stayed]
    lines = wait_for_all(anna, [f"* {name} left" for name in names])
    lines += anna.lines_until(anna.send_fence())

    assert {name: changes for name, changes in stays_in(lines).items() if name != "anna"} == {
        name: ["joined", "left"] * times for name, times in Counter(names).items()
    }
    if most_at_once(lines) < 3:
        raise Unknown("the stays did not overlap")


@rule("membership.churn")
def test_nobody_remains_of_those_who_did_not_wait_for_their_welcome(connect: Connect) -> None:
    """A client that is gone before it is welcomed leaves no trace but a pair of lines."""
    workers, stays = 8, 25
    anna: Client = connect("anna")

    def look_in(_: int) -> None:
        for stay in range(stays):
            client: Client = connect(welcome=False)
            if stay % 2:
                client.reset()
            else:
                client.abandon()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(look_in, range(workers)))
    ben: Client = connect()  # behind all of them in the queue of connections
    lines = anna.lines_until(f"* {ben.name} joined")
    deadline = time.monotonic() + 6 * WITHIN
    roster = ""
    while roster != f"* online (2): anna, {ben.name}" and time.monotonic() < deadline:
        anna.say("/who")
        lines += anna.lines_until(lambda line: line.startswith("* online ("))
        roster = anna.log[-1].text

    assert roster == f"* online (2): anna, {ben.name}"
    for name, changes in stays_in(lines).items():
        assert changes == ["joined", "left"] * (len(changes) // 2), name


def names_in(roster: str) -> list[str]:
    """Return the names that a roster line tells."""
    assert roster.startswith("* online ("), roster
    return roster.partition("): ")[2].split(", ")


def wait_for_all(client: Client, wanted: Iterable[str]) -> list[str]:
    """Take lines until each of the wanted ones has come, in any order; return them all."""
    missing = Counter(wanted)
    last = ""

    def complete(line: str) -> bool:
        nonlocal last
        last = line
        missing[line] -= 1
        return not +missing

    return [*client.lines_until(complete), last]


def stays_in(lines: Iterable[str]) -> dict[str, list[str]]:
    """Return what was announced of each name, in order: it ``joined``, it ``left``."""
    changes: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        match line.split():
            case ["*", name, "joined" | "left" as change]:
                changes[name].append(change)
    return changes


def most_at_once(lines: Iterable[str]) -> int:
    """Return how many that came and went were there at the same time."""
    here = most = 0
    for line in lines:
        here += line.endswith(" joined") - line.endswith(" left")
        most = max(most, here)
    return most
