"""Rules of the area ``membership``: many clients come and go at once."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from conformance import (
    WITHIN,
    Client,
    Connect,
    Unknown,
    rule,
)
from conformance.rules.leaving import WAYS_TO_LEAVE, wait_for_all
from conformance.swarm import Coverage, Swarm


AMID_COMING_AND_GOING = Coverage(receivers=3, messages=150, joins=10, departures=10)


@rule("membership.churn")
def test_comings_and_goings_amid_talk_are_told_once_each(swarm: Swarm) -> None:
    """While others talk and rename themselves, each stay is announced once and ended once."""
    log = swarm(talkers=3, lines_each=60, visitors=6, visits_each=6, renames_each=2)

    log.assert_keeps("membership.churn", AMID_COMING_AND_GOING)


@rule("membership.churn")
def test_each_of_many_stays_is_announced_once_and_ended_once(connect: Connect) -> None:
    """When many come and go at once, each is announced once and has left once."""
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
    """A client that is gone before its welcome leaves at most ``joined`` and ``left`` behind."""
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
    ben: Client = connect()  # after all of them in the queue of connections
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


def stays_in(lines: Iterable[str]) -> dict[str, list[str]]:
    """Return what was announced of each name, in order: ``joined``, ``left``."""
    changes: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        match line.split():
            case ["*", name, "joined" | "left" as change]:
                changes[name].append(change)
    return changes


def most_at_once(lines: Iterable[str]) -> int:
    """Return how many clients were there at the same time, at most."""
    here = most = 0
    for line in lines:
        here += line.endswith(" joined") - line.endswith(" left")
        most = max(most, here)
    return most
