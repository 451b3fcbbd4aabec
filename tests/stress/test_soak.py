"""Minutes of mixed load and faults at one server; the history checker judges every round.

``make soak ID=trio-direct`` takes ten minutes; in ``make stress`` it takes a few rounds. A round is
a swarm at both doors, whose talkers rename themselves and whose visitors come and go. Beside it are
rude peers: one never reads, one resets, one sends garbage, one never finishes its handshake.
"""

from __future__ import annotations

import contextlib
import json
import os
import time

from conformance import Client, http_request
from conformance.checker import check
from conformance.checker.smallest import smallest_violation
from conformance.clogging import connect_clogged
from conformance.factories import Connect, Launch
from conformance.server import Server
from conformance.swarm import BrokenPromise, Swarm
from conformance.timing import TICK
from tests.stress.crowd import Report


MINUTES = float(os.environ.get("SOAK_MINUTES", "0.2"))
WARM_UP_ROUNDS = 2  # after these a server's memory should not grow any more
TOLD_EVERY = 10  # rounds
GROWTH = 1.10  # of memory that is allowed, from then to the end
SLACK_BYTES = 4 << 20  # that an allocator may use, however long the run is
EMPTY_WITHIN = 300 * TICK
EXIT_WITHIN = 100 * TICK


def test_soak(launch: Launch, report: Report) -> None:
    """However long it goes on, each round keeps every promise, and nothing is left behind."""
    server = launch.default()
    ends_at = time.monotonic() + MINUTES * 60
    descriptors = server.descriptors()
    rounds, warm_bytes = 0, 0
    while rounds <= WARM_UP_ROUNDS or time.monotonic() < ends_at:
        _round(launch, server)
        rounds += 1
        rss_bytes = server.rss_bytes()
        if rounds % TOLD_EVERY == 1:
            report(f"{rounds} rounds kept every promise, {rss_bytes >> 20} MiB")
        if rounds == WARM_UP_ROUNDS:
            warm_bytes = rss_bytes

    assert server.descriptors() <= descriptors
    assert server.rss_bytes() <= warm_bytes * GROWTH + SLACK_BYTES
    server.stop()
    assert server.wait_exit(EXIT_WITHIN) == 0
    assert "Traceback" not in server.stderr_text()


def _round(launch: Launch, server: Server) -> None:
    """Let a swarm and the rude peers use the room, judge it, and wait until all have left."""
    connect = Connect(launch, "tcp")
    rude = [_clogged(connect), _garbage(connect), _resets(connect), _never_opens(connect)]
    log = Swarm(connect, "tcp")(
        talkers=4, lines_each=200, visitors=4, visits_each=4, renames_each=2, doors=("tcp", "ws")
    )
    verdict = check(log.history())
    for found in verdict.violations:
        raise BrokenPromise(smallest_violation(log.history(), found.rule_id))
    assert (log.trouble, verdict.lacks) == ((), ())
    for client in [*rude, *connect.opened]:
        client.abandon()
    _wait_until_empty(server)


def _clogged(connect: Connect) -> Client:
    return connect_clogged(connect, "clogged")


def _garbage(connect: Connect) -> Client:
    """Send what is neither text nor a frame nor a request."""
    client: Client = connect(door="tcp")
    client.send_raw(bytes(range(256)) * 4 + b"\n")
    web: Client = connect(door="ws")
    with contextlib.suppress(OSError):
        web.send_raw(b"\xff" * 64)
    return client


def _resets(connect: Connect) -> Client:
    client: Client = connect(door="ws")
    client.reset()
    return client


def _never_opens(connect: Connect) -> Client:
    client: Client = connect(door="tcp", welcome=False)
    return client


def _wait_until_empty(server: Server) -> None:
    """Wait until the room is empty: each peer, however it ended, has left it."""
    deadline = time.monotonic() + EMPTY_WITHIN
    while True:
        health = json.loads(http_request(server.ws, "/healthz").body)
        if health["clients"] == 0:
            return
        assert time.monotonic() < deadline, f"still in the room: {health}"
        time.sleep(TICK)
