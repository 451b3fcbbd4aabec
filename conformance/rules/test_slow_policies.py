"""Rules of the area ``slow``: the three policies under which a slow client stays."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    Mismatch,
    Server,
    http_request,
    rule,
    settings,
)
from conformance.clogging import (
    KERNEL_BYTES,
    LINE_BYTES,
    Talk,
    connect_clogged,
    departures,
    is_chat,
    numbered_lines,
    require_bounded_memory,
    send_while_taken,
)
from conformance.policy import read_policy
from conformance.rules.pauses import wait_until_quiet


SMALL_OUTBOX = 16  # messages, where a test chooses it
NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for


@rule("slow.drop-oldest")
@settings(slow_consumer="drop-oldest", outbox=SMALL_OUTBOX, write_timeout=NEVER_S)
def test_newest_lines_are_kept(clients: ClientFactory, connect: Connect, server: Server) -> None:
    """A client that reads on gets, in order, what the kernel held and the newest that fit."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)

    talk.until_clogged(slow, server)
    talk.go_on(4 * SMALL_OUTBOX)
    slow.resume()
    fence = anna.send_fence()

    heard = [line for line in slow.lines_until(fence) if is_chat(line)]
    assert heard == [line for line in talk.said if line in set(heard)], "lines came twice or late"
    assert heard != talk.said, "nothing was dropped"
    assert heard[1 - SMALL_OUTBOX :] == talk.said[1 - SMALL_OUTBOX :]  # the fence takes one place


@rule("slow.drop-oldest")
@settings(slow_consumer="drop-oldest", outbox=SMALL_OUTBOX, write_timeout=NEVER_S)
def test_client_stays_under_drop_oldest(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client whose oldest messages were dropped is still in the room, and can talk."""
    require_that_it_stays(clients, connect, server)


@rule("slow.drop-oldest")
@settings(slow_consumer="drop-oldest", write_timeout=NEVER_S)
def test_dropping_the_oldest_costs_bounded_memory(connect: Connect, server: Server) -> None:
    """However much is said to a client that does not read, the server keeps little of it."""
    require_bounded_memory(connect, server)


@rule("slow.drop-newest")
@settings(slow_consumer="drop-newest", outbox=SMALL_OUTBOX, write_timeout=NEVER_S)
def test_oldest_lines_are_kept(clients: ClientFactory, connect: Connect, server: Server) -> None:
    """A client that reads on gets, in order, the oldest lines, and new ones once there is room."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)

    talk.until_clogged(slow, server)
    talk.go_on(4 * SMALL_OUTBOX)
    refused = set(talk.said[-2 * SMALL_OUTBOX :])
    slow.resume()
    heard = lines_until_back_in_touch(anna, slow)

    assert [line for line in heard if line in refused] == []
    assert heard == [line for line in talk.said if line in set(heard)], "lines came twice or late"
    assert heard[:SMALL_OUTBOX] == talk.said[:SMALL_OUTBOX]


@rule("slow.drop-newest")
@settings(slow_consumer="drop-newest", outbox=SMALL_OUTBOX, write_timeout=NEVER_S)
def test_client_stays_under_drop_newest(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client whose newest messages were dropped is still in the room, and can talk."""
    require_that_it_stays(clients, connect, server)


@rule("slow.drop-newest")
@settings(slow_consumer="drop-newest", write_timeout=NEVER_S)
def test_dropping_the_newest_costs_bounded_memory(connect: Connect, server: Server) -> None:
    """However much is said to a client that does not read, the server keeps little of it."""
    require_bounded_memory(connect, server)


@rule("slow.block")
@settings(slow_consumer="block", outbox=SMALL_OUTBOX, write_timeout=NEVER_S)
def test_talkers_wait_and_nothing_is_lost(clients: ClientFactory, connect: Connect) -> None:
    """While one client does not read, the talk stops; when it reads, everyone gets all of it."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    lines = numbered_lines(KERNEL_BYTES // LINE_BYTES)

    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(anna.say, *lines, within=NEVER_S)
        wait_until_quiet(ben)
        told_early = len(ben.unread())
        slow.resume()
        talking.result(NEVER_S)
    fence = anna.send_fence()

    for client in (anna, ben, slow):
        heard = client.lines_until(fence, within=300 * TICK)
        assert [line for line in heard if is_chat(line)] == [f"anna: {line}" for line in lines]
        assert departures(heard) == []
    assert told_early < len(lines), "the talk did not stop"


@rule("slow.block")
@settings(slow_consumer="block", outbox=SMALL_OUTBOX, write_timeout=NEVER_S)
def test_talk_goes_on_when_the_slowest_has_left(clients: ClientFactory, connect: Connect) -> None:
    """When the client that holds up the talk leaves, the talk goes on."""
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    lines = numbered_lines(KERNEL_BYTES // LINE_BYTES)

    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(anna.say, *lines, within=NEVER_S)
        wait_until_quiet(ben)
        slow.reset()
        talking.result(NEVER_S)
    fence = anna.send_fence()

    heard = ben.lines_until(fence, within=300 * TICK)
    assert [line for line in heard if is_chat(line)] == [f"anna: {line}" for line in lines]
    assert departures(heard) == ["* slow left"]


@rule("slow.block")
@settings(slow_consumer="block", write_timeout=NEVER_S)
def test_waiting_costs_bounded_memory(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """However much a talker wants to say, the server does not buffer it."""
    (anna,) = clients("anna")
    connect_clogged(connect)
    before_bytes = server.rss_bytes()

    send_while_taken(anna, anna.encode("x" * LINE_BYTES))

    assert server.rss_bytes() - before_bytes < KERNEL_BYTES


@rule("slow.policy")
def test_policy_in_force(
    server: Server, measured: Callable[[str], None], pytestconfig: pytest.Config
) -> None:
    """The server, or its policy file, says what a full outbox means."""
    path = pytestconfig.getoption("--policy")
    declared = read_policy(Path(path)).declared if path else {}
    for rule_id, reason in declared.items():
        if rule_id.startswith("slow."):
            measured(f"{rule_id}: {reason}")

    health = http_request(server.ws, "/healthz")

    measured(json.loads(health.body)["policy"])


def require_that_it_stays(clients: ClientFactory, connect: Connect, server: Server) -> None:
    """Fail if a client that stops reading, and then reads, is not in the room throughout."""
    __tracebackhide__ = True
    anna, ben = clients("anna", "ben")
    slow = connect_clogged(connect)
    talk = Talk(anna, ben)

    talk.until_clogged(slow, server)
    talk.go_on(4 * SMALL_OUTBOX)
    slow.resume()
    lines_until_back_in_touch(anna, slow)
    slow.say("here I am")

    heard = [*talk.heard[ben], *ben.lines_until("slow: here I am")]
    assert departures(heard) == []


def lines_until_back_in_touch(anna: Client, slow: Client) -> list[str]:
    """Let anna talk until a line is not dropped any more; return the chat that the other got."""
    __tracebackhide__ = True
    heard: list[str] = []
    for attempt in range(50):
        probe = f"probe-{attempt}"
        anna.say(probe)
        anna.wait_for(f"anna: {probe}")
        try:
            heard += slow.lines_until(f"anna: {probe}", within=TICK)
        except Mismatch:  # dropped: there was no room yet
            continue
        return [line for line in heard if is_chat(line) and ": probe-" not in line]
    raise Mismatch(f"{slow.label} reads again, and no new line reaches it")
