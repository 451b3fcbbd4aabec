"""Rules of the area ``http``: what ``/healthz`` says."""

import json
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from conformance import (
    TICK,
    WITHIN,
    Client,
    ClientFactory,
    Connect,
    ConnectionEnded,
    Door,
    Mismatch,
    Response,
    Server,
    ServerFactory,
    Unknown,
    WebSocketClient,
    http_request,
    rule,
    settings,
    slow_rule,
)
from conformance.clogging import Talk, connect_clogged


LIMITS = {"max_line": 64, "max_clients": 7}
HEALTH_KEYS = {"id", "policy", *LIMITS, "clients", "messages", "deliveries", "evictions"}
LONG_LINE = "x" * 1000
CLOGGING_LINES = 600  # more than the kernel buffers for a clogged client, less than 1 MiB

Ask = Callable[..., Response]


def health(ask: Ask) -> dict[str, Any]:
    """Return what ``/healthz`` says."""
    report = json.loads(ask("/healthz").body)
    assert isinstance(report, dict)
    return report


def settled_health(ask: Ask, **expected: int) -> dict[str, Any]:
    """Return what ``/healthz`` says once its numbers are as expected, or at the deadline.

    A server may count something just after everybody has seen it.
    """
    deadline = time.monotonic() + WITHIN
    while True:
        report = health(ask)
        if expected.items() <= report.items() or time.monotonic() > deadline:
            return report


@rule("http.health")
def test_health_is_json(ask: Ask) -> None:
    """``GET /healthz`` gives a JSON object with eight entries; its counts are whole numbers."""
    response = ask("/healthz")

    report = json.loads(response.body)
    assert response.status == 200
    assert response.headers.get("content-type", "").startswith("application/json")
    assert report.keys() >= HEALTH_KEYS
    assert {type(report[key]) for key in HEALTH_KEYS - {"id", "policy"}} == {int}


@rule("http.health")
@settings(max_line=LIMITS["max_line"], max_clients=LIMITS["max_clients"])
def test_health_tells_the_limits(ask: Ask) -> None:
    """``GET /healthz`` tells the limits that the server was started with."""
    report = health(ask)

    assert {name: report.get(name) for name in LIMITS} == LIMITS


@rule("http.health")
def test_health_names_the_server(ask: Ask, server: Server) -> None:
    """The id is the one in the ready line."""
    ready = re.search(r"^hubbub (\S+) ready", server.stdout_text(), re.MULTILINE)
    if ready is None:
        raise Unknown("it printed no ready line to compare with")

    assert health(ask)["id"] == ready[1]


@rule("http.health")
def test_health_names_the_policy_in_force(server_with: ServerFactory, door: Door) -> None:
    """The policy is the one that was chosen."""
    policies = ["disconnect", "drop-oldest"]

    asks = [
        partial(http_request, server_with(slow_consumer=policy).address(door))
        for policy in policies
    ]

    assert [health(ask)["policy"] for ask in asks] == policies


@rule("http.health")
def test_health_counts_who_is_in_the_room(
    ask: Ask, clients: ClientFactory, connect: Connect
) -> None:
    """A client counts from its welcome to its departure, not during its handshake."""
    counts = [health(ask)["clients"]]

    anna, ben = clients("anna", "ben")
    connect(handshake=False, welcome=False).send_raw(b"GET /ws HTTP/1.1\r\n")
    counts.append(settled_health(ask, clients=2)["clients"])
    ben.close()
    anna.wait_for("* ben left")
    counts.append(settled_health(ask, clients=1)["clients"])

    assert counts == [0, 2, 1]


@rule("http.health")
def test_health_counts_what_is_said(ask: Ask, clients: ClientFactory) -> None:
    """Each line that is said is one message, and one delivery for each client that gets it."""
    anna, ben, cara = clients("anna", "ben", "cara")
    before = health(ask)

    anna.say("one", "two", "three")
    for client in (anna, ben, cara):
        client.expect("anna: one", "anna: two", "anna: three")

    expected = {"messages": before["messages"] + 3, "deliveries": before["deliveries"] + 9}
    after = settled_health(ask, **expected)
    assert {key: after[key] for key in expected} == expected


@rule("http.health")
def test_health_counts_no_goodbye_as_an_eviction(ask: Ask, clients: ClientFactory) -> None:
    """A client that leaves, politely or not, was not evicted."""
    anna, ben, cara, dora = clients("anna", "ben", "cara", "dora")

    ben.close()
    cara.say("/quit")
    dora.reset()
    left = {anna.wait_for(lambda line: line.endswith(" left")) for _ in range(3)}

    assert left == {"* ben left", "* cara left", "* dora left"}
    assert health(ask)["evictions"] == 0


@rule("http.health")
@settings(outbox=16)
def test_health_counts_who_overflows(ask: Ask, clients: ClientFactory, connect: Connect) -> None:
    """A client that is cut off because its outbox is full was evicted, once."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", receive_buffer_bytes=4096)

    ben.clog()
    anna.say(*[LONG_LINE] * CLOGGING_LINES)
    wait_until_too_slow(anna, ben)

    assert settled_health(ask, evictions=1)["evictions"] == 1


@rule("http.health")
@settings(outbox=2 * CLOGGING_LINES, write_timeout=5 * TICK)
def test_health_counts_who_takes_nothing(
    ask: Ask, clients: ClientFactory, connect: Connect
) -> None:
    """A client that is cut off because its socket takes nothing was evicted, once."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", receive_buffer_bytes=4096)

    ben.clog()
    anna.say(*[LONG_LINE] * CLOGGING_LINES)
    wait_until_too_slow(anna, ben)

    assert settled_health(ask, evictions=1)["evictions"] == 1


@rule("http.health")
@slow_rule("a write timeout of 2 s")
@settings(outbox=16, write_timeout=20 * TICK)
def test_health_counts_who_overflows_and_takes_nothing_once(
    ask: Ask, clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that is cut off twice over, for its outbox and for its socket, counts once."""
    (anna,) = clients("anna")
    ben: WebSocketClient = connect("ben", receive_buffer_bytes=4096)

    ben.clog()
    anna.say(*[LONG_LINE] * CLOGGING_LINES)
    wait_until_too_slow(anna, ben)
    try:
        server.wait_stderr("was too slow")  # now the server has given up its socket, too
    except AssertionError:
        raise Unknown("it logs no departure") from None

    assert settled_health(ask, evictions=1)["evictions"] == 1


@rule("http.health")
@settings(pong_wait=8 * TICK)
def test_health_counts_no_silence_as_an_eviction(
    ask: Ask, clients: ClientFactory, connect: Connect
) -> None:
    """A client that timed out was not too slow."""
    (anna,) = clients("anna")
    connect("ben", answers_pings=False)

    anna.wait_for("* ben timed out")

    assert settled_health(ask, clients=1)["evictions"] == 0


def wait_until_too_slow(witness: Client, clogged: Client) -> None:
    """Wait until a client is cut off for reading too slowly.

    Raises:
        Unknown: it never is, so there is nothing to count.
    """
    try:
        witness.wait_for(f"* {clogged.name} was too slow")
    except ConnectionEnded:
        raise
    except Mismatch:
        raise Unknown("a client that stopped reading was not cut off") from None


@rule("http.health")
def test_health_counts_only_texts_as_messages(ask: Ask, clients: ClientFactory) -> None:
    """Questions, commands, errors and empty lines are no messages."""
    anna, ben = clients("anna", "ben")
    before = health(ask)["messages"]

    anna.say("/who", "/help", "/dance", "/rename b:d", "/rename zoe", "", "/say", "hello")
    ben.wait_for("zoe: hello")

    assert settled_health(ask, messages=before + 1)["messages"] == before + 1


@rule("http.health")
def test_health_counts_no_text_of_who_has_left(ask: Ask, clients: ClientFactory) -> None:
    """What a client sends behind its ``/quit`` is no message."""
    anna, ben = clients("anna", "ben")
    before = health(ask)["messages"]

    ben.say("hello", "/quit", *["too late"] * 20)
    anna.wait_for("* ben left")
    anna.say("bye")
    anna.wait_for("anna: bye")

    assert settled_health(ask, messages=before + 2)["messages"] == before + 2


@rule("http.health")
def test_health_counts_each_that_is_told(
    ask: Ask, clients: ClientFactory, connect: Connect
) -> None:
    """An arrival is delivered to all others and not to the newcomer; so is a departure."""
    anna, _ben = clients("anna", "ben")
    before = health(ask)["deliveries"]

    cara: Client = connect()
    anna.wait_for(f"* {cara.name} joined")
    arrived = settled_health(ask, deliveries=before + 2)["deliveries"]
    cara.close()
    anna.wait_for(f"* {cara.name} left")
    left = settled_health(ask, deliveries=before + 4)["deliveries"]

    assert (arrived - before, left - before) == (2, 4)


@rule("http.health")
@settings(outbox=16)
def test_health_counts_no_delivery_to_who_overflows(
    ask: Ask, clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A line that a full outbox refuses is no delivery to its client."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)
    anna.wait_for(lambda line: line.endswith(" is now slow"))
    before = health(ask)["deliveries"]
    talk = Talk(anna)

    talk.until_cut_off(slow, server)
    slow.resume()
    lines, _ = slow.lines_until_end()

    told = [*talk.heard[anna], *(line for line in lines if not line.startswith("! "))]
    after = settled_health(ask, deliveries=before + len(told))["deliveries"]
    assert after - before == len(told)
