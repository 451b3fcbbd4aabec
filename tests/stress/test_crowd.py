"""Nine thousand clients in one room, half of them at each door."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from conformance.factories import Launch
from conformance.server import Server
from conformance.timing import TICK
from tests.stress.crowd import Crowd, Report
from tests.stress.limits import allow_descriptors, low_soft_limit
from tests.stress.member import mark


CLIENTS = 9000
ABREAST = 200  # arrivals at the same time: fewer than an outbox has places
LINES = range(10)
MORE_LINES = range(10, 110)  # the room is busy with these when the signal comes
USUAL_SOFT_LIMIT = 1024
NEVER_S = 36_000  # a limit of the server that no test reaches
EXIT_WITHIN = 1200 * TICK


def test_crowd_hears_everything(launch: Launch, report: Report) -> None:
    """All are let in and hear ten lines in order; stopped at work, all hear the same lines."""
    allow_descriptors(CLIENTS)
    with low_soft_limit(USUAL_SOFT_LIMIT):
        server = launch.ready(
            idle_timeout=NEVER_S,
            ping_interval=NEVER_S,
            pong_wait=NEVER_S,
            drain_timeout=EXIT_WITHIN,
        )
    before_bytes = server.rss_bytes()

    with _crowd(server, report) as crowd:
        crowd.arrive(CLIENTS, ["tcp", "ws"], abreast=ABREAST)
        top_bytes = server.rss_bytes()
        speaker = next(iter(crowd.members))
        speaker.say(*map(mark, LINES))
        crowd.hear(LINES)
        report(_memory(before_bytes, top_bytes, server.rss_bytes()))

        speaker.say(*map(mark, MORE_LINES))
        crowd.read_on(lambda: MORE_LINES[0] in speaker.heard, "first line of many")
        server.signal(signal.SIGTERM)
        *heard, _ = crowd.hear_farewell()
        report(f"stopped: all heard {len(heard)} of {len(LINES) + len(MORE_LINES)} lines")

    assert heard == [*LINES, *MORE_LINES][: len(heard)]
    assert server.wait_exit(EXIT_WITHIN) == 0
    assert "Traceback" not in server.stderr_text()


@contextmanager
def _crowd(server: Server, report: Report) -> Iterator[Crowd]:
    crowd = Crowd(server, report)
    try:
        yield crowd
    finally:
        crowd.close()


def _memory(before_bytes: int, top_bytes: int, after_bytes: int) -> str:
    mib = 1 << 20
    cost_kib = (top_bytes - before_bytes) / CLIENTS / 1024
    return (
        f"rss {before_bytes / mib:.0f} MiB before, {top_bytes / mib:.0f} MiB with {CLIENTS:,}, "
        f"{after_bytes / mib:.0f} MiB after ten lines: {cost_kib:.1f} KiB per client"
    )
