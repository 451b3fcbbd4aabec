"""A thousand clients per second come and leave, and leave no memory behind."""

from __future__ import annotations

import json
import time

from conformance import Client
from conformance.factories import Connect, Launch
from conformance.http_requests import http_request
from conformance.protocol import Door
from conformance.server import Server
from conformance.timing import TICK
from tests.stress.crowd import STALLED_AFTER, Crowd, Report
from tests.stress.limits import allow_descriptors


RATE_HZ = 1000.0
AS_FAST_AS_IT_GOES_HZ = 1e6
WARM_UP_STAYS = 10_000
STAYS = 30_000  # half a minute
ABREAST = 150  # clients in the room at once, at most: fewer than an outbox has places
# Memory depends on the most clients that were ever there at once, not on how many came: with
# threads each costs a stack and a share of an arena. So the warm-up has all of them there at once;
# a churn alone has that only when the machine happens to be slow.
FULL_HOUSES = 5
ALLOWED_GROWTH = 1.10
MIB = 1 << 20
DOORS: list[Door] = ["tcp", "ws"]


def test_churn_leaves_nothing_behind(launch: Launch, connect: Connect, report: Report) -> None:
    """Each stay is announced and ended once; memory, descriptors, roster are as before."""
    allow_descriptors(ABREAST)
    server = launch.ready(log_level="WARNING")
    anna: Client = connect("anna", server=server)
    crowd = Crowd(server, report)
    before_bytes = server.rss_bytes()

    for _ in range(FULL_HOUSES):
        crowd.arrive(ABREAST, DOORS, abreast=ABREAST)
        crowd.depart()
        _expect_told(anna, ABREAST)
    _churn(crowd, anna, WARM_UP_STAYS, AS_FAST_AS_IT_GOES_HZ, report)
    warm_bytes, descriptors = server.rss_bytes(), _settled_descriptors(server)
    _churn(crowd, anna, STAYS, RATE_HZ, report)

    _wait_until_small(server, warm_bytes * ALLOWED_GROWTH)
    after_bytes = server.rss_bytes()
    report(
        f"rss {before_bytes / MIB:.1f} MiB before, {warm_bytes / MIB:.1f} after the first "
        f"{WARM_UP_STAYS:,}, {after_bytes / MIB:.1f} after {STAYS:,} more "
        f"({after_bytes / warm_bytes - 1:+.1%})"
    )
    assert after_bytes <= warm_bytes * ALLOWED_GROWTH
    assert _settled_descriptors(server) == descriptors
    assert json.loads(http_request(server.ws, "/healthz").body)["clients"] == 1
    assert server.stderr_text() == ""


def _churn(crowd: Crowd, anna: Client, stays: int, most_hz: float, report: Report) -> None:
    rate_hz = crowd.churn(stays, DOORS, rate_hz=most_hz, abreast=ABREAST)
    report(f"{stays:,} came and went, {rate_hz:,.0f} per second")
    _expect_told(anna, stays)


def _expect_told(anna: Client, stays: int) -> None:
    """Expect so many arrivals and departures to be announced, and nothing else."""
    told = {"joined": 0, "left": 0}
    while min(told.values()) < stays:
        name, _, what = anna.next_line(within=STALLED_AFTER).removeprefix("* ").partition(" ")
        assert what in told, f"{name} {what}"
        told[what] += 1
    anna.expect_nothing_but(anna.send_fence())
    assert told == {"joined": stays, "left": stays}


def _settled_descriptors(server: Server) -> int:
    """Return how many descriptors are open, when two counts in a row agree."""
    deadline = time.monotonic() + STALLED_AFTER
    before, now = -1, server.descriptors()
    while before != now and time.monotonic() < deadline:
        time.sleep(TICK)
        before, now = now, server.descriptors()
    return now


def _wait_until_small(server: Server, most_bytes: float) -> None:
    """Give the server time to give memory back; the assertion is in the test."""
    deadline = time.monotonic() + 100 * TICK
    while server.rss_bytes() > most_bytes and time.monotonic() < deadline:
        time.sleep(TICK)
