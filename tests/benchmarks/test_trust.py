"""Whether a run is valid, invalid or unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.load import Account
from benchmarks.trust import (
    MAX_CROWDING,
    MAX_GENERATOR_SHARE,
    MAX_LATENESS_SHARE,
    MAX_QUEUED_SHARE,
    MIN_MESSAGES,
    judge,
)
from benchmarks.workload import Workload
from tests.benchmarks.made import ACCOUNT, SMALL, SOUND


def overloaded(busy: float, queued: float) -> Account:
    """Return the account of a generator that was busy for a share of the time, with a queue."""
    return replace(ACCOUNT, generator_busy_s=busy * ACCOUNT.counted_s, generator_queued=queued)


def test_announcements_are_expected_with_churn() -> None:
    """If clients churn or stall, the room may announce it; otherwise it may not."""
    found = replace(SOUND, announced=7)

    assert judge(found, ACCOUNT, replace(SMALL, churn_hz=5.0)) == ("valid", "")
    assert judge(found, ACCOUNT, replace(SMALL, stalled_clients=1)) == ("valid", "")
    assert judge(found, ACCOUNT, SMALL)[0] == "invalid"


def test_generator_that_keeps_up_may_be_busy() -> None:
    """A fast server keeps it busy, a bursty one gives it a queue: only both are too much."""
    assert judge(SOUND, overloaded(0.95, MAX_QUEUED_SHARE), SMALL) == ("valid", "")
    assert judge(SOUND, overloaded(MAX_GENERATOR_SHARE, 0.95), SMALL) == ("valid", "")
    assert judge(SOUND, overloaded(0.95, 0.95), SMALL)[0] == "unknown"


def test_invalid_comes_before_unknown() -> None:
    """A run that lost messages is invalid, even if it was disturbed too."""
    crowded = replace(ACCOUNT, server_crowding=1.0)

    assert judge(replace(SOUND, lost=3), crowded, SMALL) == ("invalid", "deliveries: 3 lost")
    assert judge(replace(SOUND, finding="order.total: x"), crowded, SMALL)[0] == "invalid"


@pytest.mark.parametrize(
    ("account", "workload", "lateness", "words"),
    [
        (ACCOUNT, replace(SMALL, messages=MIN_MESSAGES - 1), 0.0, "too few"),
        (replace(ACCOUNT, server_crowding=MAX_CROWDING + 0.01), SMALL, 0.0, "other programs"),
        (replace(ACCOUNT, generator_crowding=MAX_CROWDING + 0.01), SMALL, 0.0, "other programs"),
        (replace(ACCOUNT, behind=True), SMALL, 0.0, "did not keep up"),
        (overloaded(MAX_GENERATOR_SHARE + 0.01, MAX_QUEUED_SHARE + 0.01), SMALL, 0.0, "was busy"),
        (ACCOUNT, SMALL, MAX_LATENESS_SHARE + 0.01, "was late"),
    ],
)
def test_disturbed_run_is_unknown(
    account: Account, workload: Workload, lateness: float, words: str
) -> None:
    """A run whose times may not be the server's is unknown, and the reason is named."""
    verdict, reason = judge(SOUND, account, workload, lateness=lateness)

    assert verdict == "unknown"
    assert words in reason
