"""Whether a run may be trusted: valid, invalid because of its deliveries, or unknown. Pure.

A run is unknown if something else than the server may have made its times: other programs, the
generator, or a room that never caught up.
"""

from __future__ import annotations

from typing import Literal

from benchmarks.deliveries import Tally
from benchmarks.load import DRAIN_S, Account
from benchmarks.workload import Workload


__all__ = [
    "MAX_CROWDING",
    "MAX_GENERATOR_SHARE",
    "MAX_LATENESS_SHARE",
    "MAX_QUEUED_SHARE",
    "MIN_MESSAGES",
    "Verdict",
    "judge",
]

Verdict = Literal["valid", "invalid", "unknown"]

MIN_MESSAGES = 30  # fewer say nothing about a server
# The generator was slowed down on purpose, on two machines. It added to the cost of a delivery when
# it was busy for 80 % of the time (first machine) or 90 % (second machine; there, three fifths or
# more of its sockets had queued). A busy generator alone means a fast server, and a queue alone
# means a server that writes in bursts. Only both together are too much.
MAX_GENERATOR_SHARE = 0.7  # of the time busy, and
MAX_QUEUED_SHARE = 0.5  # of the sockets queued
MAX_CROWDING = 0.1  # above this share other programs, and not the server, made the times
MAX_LATENESS_SHARE = 0.5  # of the p99 of responses: a later generator measures itself


def judge(
    tally: Tally, account: Account, workload: Workload, *, lateness: float = 0.0
) -> tuple[Verdict, str]:
    """Return the verdict on a run, and the reason if it is not valid.

    ``lateness`` is the p99 of how far the generator was behind its plan, as a share of the p99 of
    the responses; the responses include it.
    """
    faults = [
        f"{count} {what}"
        for count, what in (
            (tally.lost, "lost"),
            (tally.duplicated, "delivered twice"),
            (tally.reordered, "out of order"),
            (tally.altered, "never sent"),
            (
                0 if workload.churn_hz or workload.stalled_clients else tally.announced,
                "announced without cause",
            ),
        )
        if count
    ]
    if faults:
        return "invalid", "deliveries: " + ", ".join(faults)
    if tally.finding:
        return "invalid", tally.finding
    if workload.messages < MIN_MESSAGES:
        return "unknown", f"{workload.messages} messages are too few (at least {MIN_MESSAGES})"
    # A server that is not pinned shares the cores with the generator: they crowd each other.
    if workload.pinned and account.crowding > MAX_CROWDING:
        return "unknown", f"other programs took the processor {account.crowding:.0%} of the time"
    if account.behind:
        offered = "" if workload.rate_hz is None else f" at {workload.rate_hz:g} messages/s"
        return (
            "unknown",
            f"did not keep up{offered}: messages were missing {DRAIN_S:g} s after the last one",
        )
    share = account.generator_busy_s / account.counted_s if account.counted_s else 0.0
    queued = 1.0 if account.generator_queued is None else account.generator_queued
    if share > MAX_GENERATOR_SHARE and queued > MAX_QUEUED_SHARE:
        return (
            "unknown",
            f"the generator was busy {share:.0%} of the time, and {queued:.0%} of its sockets "
            "had queued",
        )
    if lateness > MAX_LATENESS_SHARE:
        return "unknown", f"the generator was late by {lateness:.0%} of the p99"
    return "valid", ""
