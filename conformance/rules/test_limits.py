"""Rules of the area ``limits``: how many clients a server takes, and what one of them costs."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    ConnectionEnded,
    Door,
    Launch,
    Mismatch,
    Refused,
    Server,
    Unknown,
    WebSocketClient,
    rule,
    settings,
    slow_rule,
)
from conformance.frames import HANDSHAKE
from conformance.rules.crowd import Crowd


@rule("limits.full")
@settings(max_clients=2)
def test_newcomer_to_a_full_room_is_refused(clients: ClientFactory, connect: Connect) -> None:
    """A client beyond ``max_clients`` gets an answer that the server is full, and then the end."""
    clients("anna", "ben")

    for _ in range(3):
        _expect_refusal(connect)


@rule("limits.full")
@settings(max_clients=2)
def test_nobody_inside_hears_of_who_was_refused(clients: ClientFactory, connect: Connect) -> None:
    """The clients inside hear nothing of a refused one, and it is in no roster."""
    anna, ben = clients("anna", "ben")

    for _ in range(3):
        _expect_refusal(connect)
    ben.say("/who")
    fence = ben.send_fence()

    ben.expect("* online (2): anna, ben")
    anna.expect_nothing_but(fence)


@rule("limits.full")
@settings(max_clients=1)
def test_who_talks_at_once_learns_why_it_is_refused(
    clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """A client that talks before it is refused still gets the reason, and nobody its words."""
    if door == "ws":
        pytest.skip("there is nothing to say before the handshake is answered")
    (anna,) = clients("anna")

    for _ in range(5):
        client: Client = connect(welcome=False)
        client.send_raw(100 * client.encode("let me in"))

        lines, end = client.lines_until_end()
        assert (lines, end.how) == (["! server is full"], "eof")
    anna.expect_nothing_but(anna.send_fence())


@rule("limits.full")
@settings(max_clients=2)
def test_both_doors_lead_into_one_room(
    launch: Launch, clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """Clients at the other door take places too."""
    if len(launch.contender.doors) == 1:
        pytest.skip("it has no other door")
    clients("anna", door="ws" if door == "tcp" else "tcp")
    clients("ben")

    _expect_refusal(connect)


@rule("limits.full")
@settings(max_clients=2)
def test_who_only_knocks_takes_no_place(
    clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """A client that has not finished its handshake takes no place."""
    if door == "tcp":
        pytest.skip("this door has no handshake")
    clients("anna")
    for _ in range(3):
        knocker: WebSocketClient = connect(welcome=False, handshake=False)
        knocker.send_raw(HANDSHAKE[:-1])

    ben: Client = connect("ben")

    ben.say("/who")
    ben.expect("* online (2): anna, ben")


@rule("limits.full")
@settings(max_clients=5)
def test_of_many_at_once_as_many_get_in_as_fit(clients: ClientFactory, connect: Connect) -> None:
    """When many clients come at the same time, as many get in as there are places."""
    (anna,) = clients("anna")

    got_in = _at_once(20, lambda: _gets_in(connect))
    anna.say("/who")

    assert sum(got_in) == 4
    anna.wait_for(lambda line: line.startswith("* online (5): anna, "))


@rule("limits.freed")
@settings(max_clients=2)
@pytest.mark.parametrize("way", ["closes", "quits", "resets"])
def test_place_is_free_once_its_client_has_left(
    clients: ClientFactory, connect: Connect, way: str
) -> None:
    """As soon as a departure is announced, one place is free, time after time."""
    (anna,) = clients("anna")

    for _ in range(10):
        guest: Client = connect()
        _expect_refusal(connect)
        if way == "closes":
            guest.close()
        elif way == "quits":
            guest.say("/quit")
        else:
            guest.reset()
        anna.wait_for(f"* {guest.name} left")


@rule("limits.freed")
@settings(max_clients=2)
def test_who_was_refused_frees_no_place(clients: ClientFactory, connect: Connect) -> None:
    """A refused client that goes frees no place."""
    anna, ben = clients("anna", "ben")
    for _ in range(3):
        _expect_refusal(connect)
    ben.close()
    anna.wait_for("* ben left")

    connect("cara")

    _expect_refusal(connect)


STAYS = 2_000
LEFT_BEHIND_BYTES = 1_000  # per client that has left: less than what any server needs for one


@rule("limits.freed")
@slow_rule("thousands of clients one after the other, about 4 s")
def test_who_has_left_costs_nothing(server: Server, door: Door) -> None:
    """What a client cost is free again when it has left, however many have come and gone."""
    with Crowd(server, door, 0) as crowd:
        _come_and_go(crowd, STAYS // 2)  # what a server needs once is not counted
        before_bytes = server.rss_bytes()
        _come_and_go(crowd, STAYS)
        grown_bytes = server.rss_bytes() - before_bytes

    if grown_bytes > LEFT_BEHIND_BYTES * STAYS:
        raise Mismatch(f"the server grew by {grown_bytes:,} bytes for {STAYS} clients that left")


def _come_and_go(crowd: Crowd, stays: int) -> None:
    together = 20
    for _ in range(stays // together):
        guests = [crowd.add() for _ in range(together)]
        for guest in guests:
            guest.leave()
        crowd.wait_for_end(*guests, within=300 * TICK)
        crowd.forget(*guests)


DESCRIPTORS = 4  # that the server may still open
KNOCKERS = 16


@rule("limits.descriptors")
@pytest.mark.parametrize("door", ["tcp", "ws"])
def test_nobody_inside_notices_the_lack_of_descriptors(
    server: Server, launch: Launch, clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """Without free descriptors, the clients inside talk on and the server does not spin."""
    if door not in launch.contender.doors:
        pytest.skip(f"it has no {door} door")
    anna, ben = clients("anna", "ben")
    server.limit_descriptors(DESCRIPTORS)
    knockers = [_knock(connect, door) for _ in range(KNOCKERS)]

    anna.wait_for(ben.send_fence())
    since_s, used_s = time.monotonic(), server.cpu_s()
    if _is_let_in(knockers[-1], within=10 * TICK):
        raise Unknown(f"there were descriptors for {KNOCKERS} more")
    busy = (server.cpu_s() - used_s) / (time.monotonic() - since_s)
    fence = ben.send_fence()

    arrivals = {f"* {knocker.address} joined" for knocker in knockers}
    assert set(anna.lines_until(fence)) <= arrivals
    assert busy < 0.1, f"waiting used {busy:.0%} of a processor"


@rule("limits.descriptors")
@pytest.mark.parametrize("door", ["tcp", "ws"])
def test_acceptor_goes_on_when_there_are_descriptors_again(
    server: Server, launch: Launch, clients: ClientFactory, connect: Connect, door: Door
) -> None:
    """A client that waited for a descriptor is let in when others have gone."""
    if door not in launch.contender.doors:
        pytest.skip(f"it has no {door} door")
    anna, ben = clients("anna", "ben")
    server.limit_descriptors(DESCRIPTORS)
    *knockers, last = [_knock(connect, door) for _ in range(KNOCKERS)]
    if _is_let_in(last, within=5 * TICK):
        raise Unknown(f"there were descriptors for {KNOCKERS} more")

    for knocker in knockers:
        knocker.abandon()

    assert _is_let_in(last)
    anna.wait_for(f"* {last.address} joined")
    anna.wait_for(ben.send_fence())


IDLE_CLIENTS = 100


@rule("limits.memory")
def test_memory_of_an_idle_client(
    server: Server, connect: Connect, measured: Callable[[str], None]
) -> None:
    """A client that is in the room and says nothing costs that much memory."""
    _arrive(connect, IDLE_CLIENTS // 10)  # these pay what the first clients cost only once
    before_bytes = server.rss_bytes()

    _arrive(connect, IDLE_CLIENTS)

    cost_bytes = (server.rss_bytes() - before_bytes) / IDLE_CLIENTS
    measured(f"{cost_bytes / 1024:.0f} KiB per client, with {IDLE_CLIENTS} clients")


def _expect_refusal(connect: Connect) -> None:
    """Check that a newcomer is not let in, and that it is told why."""
    __tracebackhide__ = True
    try:
        client: Client = connect(welcome=False)
    except Refused as refused:
        status = refused.status
    else:
        client.expect("! server is full")
        end = client.expect_end()
        assert (client.door, end.how) == ("tcp", "eof")
        return
    assert status == 503


def _gets_in(connect: Connect) -> bool:
    try:
        client: Client = connect(welcome=False)
    except Refused:
        return False
    return client.next_line() != "! server is full"


def _at_once(times: int, act: Callable[[], bool]) -> list[bool]:
    """Do something in many threads that start at the same time; return what each returned."""
    barrier = threading.Barrier(times)

    def wait_and_act(_: int) -> bool:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(wait_and_act, range(times)))


def _knock(connect: Connect, door: Door) -> Client:
    """Connect, ask to be let in, and wait for nothing."""
    if door == "tcp":
        client: Client = connect(door=door, welcome=False)
    else:
        client = connect(door=door, welcome=False, handshake=False)
        client.send_raw(HANDSHAKE)
    return client


def _is_let_in(knocker: Client, within: float = 50 * TICK) -> bool:
    """Wait for the answer to a knock; False when none came, an error when it is no welcome."""
    __tracebackhide__ = True
    try:
        if isinstance(knocker, WebSocketClient):
            answer = knocker.wait_raw(b"\r\n", within).decode()
        else:
            answer = knocker.next_line(within)
    except ConnectionEnded:
        raise
    except Mismatch:
        return False
    assert answer.startswith(("* you are ", "HTTP/1.1 101 ")), answer
    return True


def _arrive(connect: Connect, count: int) -> None:
    """Connect clients that stay; return when everyone has heard of the last arrival."""
    arrived: list[Client] = [connect() for _ in range(count)]
    fence = arrived[-1].send_fence()
    for client in arrived:
        client.wait_for(fence)
