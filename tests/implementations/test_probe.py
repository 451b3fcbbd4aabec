"""What a server counts for ``GET /lab``."""

from __future__ import annotations

import json
import socket
from typing import Any

from implementations.core.counted_room import Stats
from implementations.probe import CountedSocket, Probe


class Outbox:
    """An outbox with invented figures."""

    depth = 17
    dropped = 3


def figures(probe: Probe) -> dict[str, Any]:
    """Return what the probe answers."""
    answer = probe.answer(Stats(1, 2, 3, 4), 5, 6)
    report = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert isinstance(report, dict)
    return report


def counted(probe: Probe, port: int) -> tuple[CountedSocket, socket.socket]:
    """Return a counted socket and its peer."""
    ours, theirs = socket.socketpair()
    return probe.counted(ours, port), theirs


def test_writes_count_when_the_socket_took_bytes() -> None:
    """Each write that took bytes counts once; one that the socket refused does not."""
    probe = Probe()
    ours, theirs = counted(probe, 1)
    with ours, theirs:
        taken = 0
        try:
            while ours.send(b"x" * 65536):
                taken += 1
        except BlockingIOError:
            pass

        assert taken > 0
        assert figures(probe)["writes"] == taken


def test_counts_outlive_their_client() -> None:
    """What a client cost stays in the totals when its socket closes, and only once."""
    probe = Probe()
    ours, theirs = counted(probe, 1)
    ours.outbox = Outbox()
    with theirs:
        ours.send(b"x")
        before = figures(probe)
        ours.close()
        ours.close()
        after = figures(probe)

    assert (before["clients"], before["writes"], before["dropped"]) == ([[1, 17]], 1, 3)
    assert (after["clients"], after["writes"], after["dropped"]) == ([], 1, 3)


def test_connection_outside_the_room_is_no_client() -> None:
    """A connection that is not in the room, such as that of the question, is not shown."""
    probe = Probe()
    ours, theirs = counted(probe, 1)
    with ours, theirs:
        assert figures(probe)["clients"] == []


def test_worst_lag_since_the_last_answer() -> None:
    """The lag is the worst since the last answer, and null when it was not measured."""
    probe = Probe()
    first = figures(probe)["lag_ms"]
    for late_s in (0.001, 0.02, 0.0):
        probe.late(late_s)
    worst, again = figures(probe)["lag_ms"], figures(probe)["lag_ms"]

    assert (first, worst, again) == (None, 20.0, None)


def test_figures_of_the_hub_are_passed_on() -> None:
    """The hub's counts and the caller's stand in the answer as they are."""
    report = figures(Probe())

    assert (report["deliveries"], report["evictions"]) == (3, 4)
    assert (report["held"], report["tasks"]) == (5, 6)
