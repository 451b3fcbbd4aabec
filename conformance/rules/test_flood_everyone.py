"""Rules of the area ``flood``: everyone talks, arrives or leaves at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from statistics import median_low

import pytest

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    Server,
    Unknown,
    rule,
    settings,
    slow_rule,
)
from conformance.rules.leaving import end_own_stream


DELIVERED_WITHIN = 300 * TICK


@rule("flood.everyone")
def test_all_bursts_at_once_reach_everyone(connect: Connect, server: Server) -> None:
    """When fifty clients each say a hundred lines in one write, everyone gets every line."""
    # Many more clients would be too many for one process that reads them all: it would be slow.
    require_delivery_of_all(server, [connect() for _ in range(50)], lines_each=100)


@rule("flood.everyone")
@slow_rule("a hundred thousand deliveries, about 2 s")
def test_all_long_bursts_at_once_reach_everyone(connect: Connect, server: Server) -> None:
    """When ten clients each say a thousand lines in one write, everyone gets every line."""
    # Twenty threads of one busy process would read less than PROTOCOL.md asks of a reader.
    require_delivery_of_all(server, [connect() for _ in range(10)], lines_each=1_000)


@rule("flood.everyone")
@settings(outbox=8)
def test_all_bursts_are_paced_to_small_outboxes(connect: Connect, server: Server) -> None:
    """When more clients talk at once than an outbox holds messages, everyone gets every line."""
    require_delivery_of_all(server, [connect() for _ in range(20)], lines_each=100)


@rule("flood.everyone")
@settings(outbox=8)
def test_rush_of_newcomers_is_told_to_everyone(connect: Connect) -> None:
    """When sixty clients join at once, everyone hears of each, and nobody is cut off."""
    anna: Client = connect("anna")

    with ThreadPoolExecutor(20) as pool:
        crowd: list[Client] = list(pool.map(lambda _: connect(), range(60)))
    fence = anna.send_fence()

    told = [f"* {client.name} joined" for client in crowd]
    assert sorted(anna.lines_until(fence)) == sorted(told)
    for client in crowd:
        assert set(client.lines_until(fence)) <= set(told)


@rule("flood.everyone")
@settings(outbox=8)
@pytest.mark.parametrize("way", ["close", "reset"])
def test_rush_of_departures_is_told_to_who_remains(way: str, connect: Connect) -> None:
    """When a hundred clients leave at once, the others hear of each departure."""
    anna: Client = connect("anna")
    ben: Client = connect("ben")
    crowd: list[Client] = [connect() for _ in range(100)]
    anna.wait_for(ben.send_fence())

    for client in crowd:
        if way == "close":
            end_own_stream(client)
        else:
            client.reset()

    for client in (anna, ben):
        told = [client.wait_for(lambda line: line.endswith(" left")) for _ in crowd]
        assert sorted(told) == sorted(f"* {gone.name} left" for gone in crowd)
    anna.say("/who")
    anna.expect("* online (2): anna, ben")


OUTBOX = 64  # messages
MOST_AHEAD = 8 * OUTBOX  # PROTOCOL.md
FLOOD = 6_000  # lines; short, so that the buffers of a socket hold them while the server is stopped


@rule("flood.fair")
@settings(outbox=OUTBOX)
def test_flood_does_not_keep_others_from_being_heard(
    clients: ClientFactory, server: Server
) -> None:
    """A line that waits beside a flood is said before most of the flood."""
    anna, ben = clients("anna", "ben")
    before: list[int] = []

    for number in range(6):
        ahead, early = lines_ahead_of_one(server, anna, ben, f"line {number}")
        if early:
            raise Unknown("a part of the flood was said before the other line was there")
        before.append(ahead)

    # A busy machine can give the thread that reads the other line no processor for a whole flood.
    # An unfair server is unfair each time.
    assert median_low(before) <= MOST_AHEAD, f"lines of the flood before the other line: {before}"


@rule("flood.fair")
@settings(outbox=OUTBOX)
def test_many_floods_do_not_keep_others_from_being_heard(connect: Connect, server: Server) -> None:
    """A line that waits beside four floods is said before most of each flood."""
    room: list[Client] = [connect() for _ in range(5)]
    *flooders, ben = room
    start = ben.send_fence()
    for client in room:
        client.wait_for(start)

    with server.frozen():
        for client in flooders:
            client.send_raw(b"".join(client.encode(str(n)) for n in range(FLOOD // 4)))
        early = ben.unread()
        ben.say("hello")
    heard = ben.lines_until(f"{ben.name}: hello", within=DELIVERED_WITHIN)
    fence = ben.send_fence()
    ben.wait_for(fence, within=DELIVERED_WITHIN)

    if early:
        raise Unknown("a part of the floods was said before the other line was there")
    ahead = Counter(line.partition(": ")[0] for line in heard)
    assert max(ahead.values(), default=0) <= MOST_AHEAD


def lines_ahead_of_one(server: Server, anna: Client, ben: Client, line: str) -> tuple[int, bool]:
    """Let a flood and then one line wait at a stopped server.

    Returns:
        How many lines of the flood were said before the line, and whether some were said before the
        line was sent.
    """
    with server.frozen():
        anna.send_raw(b"".join(anna.encode(str(n)) for n in range(FLOOD)))
        early = bool(ben.unread())
        ben.say(line)
    ahead = ben.lines_until(f"{ben.name}: {line}", within=DELIVERED_WITHIN)
    fence = anna.send_fence()
    for client in (anna, ben):
        client.wait_for(fence, within=DELIVERED_WITHIN)
    return len(ahead), early


def require_delivery_of_all(server: Server, room: list[Client], lines_each: int) -> None:
    """Let everyone say lines, each client in one write; fail unless all get just these."""
    __tracebackhide__ = True
    start = room[-1].send_fence()
    for client in room:
        client.wait_for(start)

    bursts = [b"".join(client.encode(str(n)) for n in range(lines_each)) for client in room]
    with server.frozen():  # else a fast server is done with the first before the last speaks
        for client, burst in zip(room, bursts, strict=True):
            client.send_raw(burst, within=DELIVERED_WITHIN)
        heard_early = len(room[0].unread())
    for client in room:
        client.wait_heard(f"{client.name}: {lines_each - 1}", within=DELIVERED_WITHIN)
    fence = room[0].send_fence()

    expected = Counter(f"{client.name}: {n}" for client in room for n in range(lines_each))
    for client in room:
        heard = Counter(client.lines_until(fence, within=DELIVERED_WITHIN))
        assert heard == expected, f"{client.name} got other lines"
    if heard_early > expected.total() // 2:
        raise Unknown("most lines were delivered before the last client spoke")
