"""Whole processes of clients are killed, frozen and thawed; peers silently vanish."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance import Client
from conformance.factories import Connect, Launch
from conformance.server import Server
from conformance.timing import TICK
from tests.stress.crowd import STALLED_AFTER, Crowd, Report
from tests.stress.limits import allow_descriptors
from tests.stress.member import mark
from tests.stress.peers import Peers
from tests.stress.vanishing import vanish


PEERS = 200  # half of them at each door
LINES = range(100)
LIMIT_S = 30 * TICK  # after which a client without a sign of life times out
NEVER_S = 36_000
LONG_LINE = "x" * 1000


@pytest.fixture
def quick_to_time_out(launch: Launch) -> Server:
    """A server that waits only seconds for a sign of life; a client that answers pings stays."""
    return launch.ready(idle_timeout=LIMIT_S, ping_interval=LIMIT_S / 3, pong_wait=LIMIT_S)


def test_killed_process(launch: Launch, connect: Connect, report: Report) -> None:
    """When a process of clients is killed amid talk, each departure is announced once."""
    server = launch.ready()
    anna: Client = connect("anna", server=server)
    descriptors = server.descriptors()
    with Peers(server, PEERS, LINES[-1]) as peers:
        peers.wait_for("arrived")
        report(f"{PEERS} arrived")
        anna.say(*map(mark, LINES[:-1]))  # the peers wait for one more
        peers.kill()

        _expect_departures(anna, "left", PEERS)

    rest = anna.lines_until(anna.send_fence())  # the rest of her own lines
    assert [line for line in rest if not line.startswith("anna: ")] == []
    _wait_for_descriptors(server, descriptors)


def test_frozen_and_thawed_process(launch: Launch, connect: Connect, report: Report) -> None:
    """While a process is frozen others talk on; thawed, its clients hear all, once, in order."""
    server = launch.ready()
    with Peers(server, PEERS, LINES[-1]) as peers:
        peers.wait_for("arrived")
        anna: Client = connect("anna", server=server)
        ben: Client = connect(server=server, door="ws")
        peers.freeze()
        report(f"{PEERS} frozen")

        for number in LINES:
            anna.say(mark(number))
            ben.wait_for(f"anna: {mark(number)}")
        peers.thaw()

        peers.wait_for("heard")
        report("thawed, and all heard")
        fence = ben.send_fence()
        # ben's name is his address, and a peer at the other door may come from the same port.
        told = {line for line in anna.lines_until(fence) if line.startswith("* ")}
        assert told <= {f"* {ben.name} joined"}


def test_frozen_process_times_out(
    quick_to_time_out: Server, connect: Connect, report: Report
) -> None:
    """Clients that are frozen for too long time out, though their kernel answers."""
    server = quick_to_time_out
    anna: Client = connect("anna", server=server, door="ws")
    descriptors = server.descriptors()
    with Peers(server, PEERS, LINES[-1]) as peers:
        peers.wait_for("arrived")
        peers.freeze()
        report(f"{PEERS} frozen")

        _expect_departures(anna, "timed out", PEERS)
        _wait_for_descriptors(server, descriptors)
        report("all timed out")
        peers.thaw()
        peers.wait_for("ended")

    anna.expect_nothing_but(anna.send_fence())


def test_half_open_peers_time_out(
    quick_to_time_out: Server, connect: Connect, report: Report
) -> None:
    """A peer that vanishes without a FIN times out in a quiet room, and leaves nothing behind."""
    server = quick_to_time_out
    anna: Client = connect("anna", server=server, door="ws")
    descriptors = server.descriptors()
    with _vanished(server, report):
        _expect_departures(anna, "timed out", PEERS)
        _wait_for_descriptors(server, descriptors)

    anna.expect_nothing_but(anna.send_fence())


def test_half_open_peers_are_cut_off(launch: Launch, connect: Connect, report: Report) -> None:
    """A peer that vanishes without a FIN holds up no talk, and is soon found too slow."""
    server = launch.ready(idle_timeout=NEVER_S, ping_interval=NEVER_S, pong_wait=NEVER_S)
    anna: Client = connect("anna", server=server)
    descriptors = server.descriptors()
    with _vanished(server, report):
        told: Counter[str] = Counter()
        deadline = time.monotonic() + STALLED_AFTER
        while told["was too slow"] < PEERS:
            assert time.monotonic() < deadline, told
            anna.say(*(20 * [LONG_LINE]))
            told += _told(anna.lines_until(anna.send_fence(), within=STALLED_AFTER))
        assert told == {"joined": PEERS, "was too slow": PEERS}
        report("all were too slow")
        _wait_for_descriptors(server, descriptors)

    anna.expect_nothing_but(anna.send_fence())


@contextmanager
def _vanished(server: Server, report: Report) -> Iterator[None]:
    """Bring peers into the room and let them vanish; they are there until the body is over."""
    allow_descriptors(PEERS)
    crowd = Crowd(server)
    try:
        crowd.arrive(PEERS, ["tcp", "ws"], abreast=PEERS)
        for member in crowd.members:
            vanish(member.sock)
        report(f"{PEERS} vanished")
        yield
        report("the server has let all go")
    finally:
        crowd.close()


def _expect_departures(anna: Client, how: str, count: int) -> None:
    """Wait until anna has heard of so many departures, each once, and of no others."""
    departed: Counter[str] = Counter()
    joined = set()
    while departed.total() < count:
        line = anna.next_line(within=STALLED_AFTER)
        if line.endswith(" joined"):
            joined.add(line.removesuffix(" joined"))
        elif line.startswith("* "):
            assert line.endswith(f" {how}"), line
            departed[line.removesuffix(f" {how}")] += 1
    assert departed == Counter(joined)


def _told(lines: list[str]) -> Counter[str]:
    """Count what the room announced: ``joined``, ``was too slow``."""
    return Counter(line[2:].partition(" ")[2] for line in lines if line.startswith("* "))


def _wait_for_descriptors(server: Server, count: int) -> None:
    """Wait until the server has no more than that many descriptors open."""
    deadline = time.monotonic() + STALLED_AFTER
    while (now := server.descriptors()) > count:
        assert time.monotonic() < deadline, f"{now - count} descriptors are still open"
        time.sleep(TICK / 10)
