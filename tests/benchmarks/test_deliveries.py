"""Whether a run may be believed: what is counted, what is found, and what disturbs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.deliveries import (
    MAX_CROWDING,
    MAX_GENERATOR_SHARE,
    MAX_LATENESS_SHARE,
    MAX_QUEUED_SHARE,
    MIN_MESSAGES,
    Tally,
    judge,
    tally,
)
from benchmarks.load import Account
from benchmarks.samples import ALTERED, ANNOUNCED, Samples
from benchmarks.workload import Workload
from tests.benchmarks.made import ACCOUNT, SMALL, make_samples


SOUND = Tally(expected=172, lost=0, duplicated=0, reordered=0, altered=0, announced=0)


def test_faultless_run_is_valid() -> None:
    """Everything came once and in order, nothing disturbed: valid, and no reason to give."""
    found = tally(make_samples(), SMALL)

    assert found == SOUND
    assert judge(found, ACCOUNT, SMALL) == ("valid", "")


@pytest.mark.parametrize("speakers", [1, 4])
@given(st.data())
def test_planted_fault_is_found(speakers: int, data: st.DataObject) -> None:
    """Of deliveries taken out, doubled and swapped none goes unnoticed, and the run is invalid."""
    workload = replace(SMALL, speakers=speakers)
    samples = make_samples(workload)
    place = data.draw(st.integers(0, len(samples.deliveries) - 1 - workload.clients))
    fault = data.draw(st.sampled_from(["lose", "repeat", "swap"]))
    deliveries = samples.deliveries.copy()
    if fault == "lose":
        deliveries = np.delete(deliveries, place)
    elif fault == "repeat":
        deliveries = np.insert(deliveries, place, deliveries[place])
    else:  # with the same client's next one
        messages = deliveries["message"]
        other = place + workload.clients
        messages[place], messages[other] = messages[other], messages[place]

    found = tally(Samples(samples.messages, deliveries, 0), workload)

    assert found.lost == (fault == "lose")
    assert found.duplicated == (fault == "repeat")
    assert bool(found.reordered) == (fault == "swap" and speakers == 1)
    assert found.finding or found.lost
    assert judge(found, ACCOUNT, workload)[0] == "invalid"


def test_loss_at_the_very_end_is_found() -> None:
    """A client that misses the last thing said has lost it, though nobody spoke after."""
    samples = make_samples()
    cut = Samples(samples.messages, samples.deliveries[:-1], 0)

    assert tally(cut, SMALL).lost == 1


@pytest.mark.parametrize(("kind", "name"), [(ALTERED, "altered"), (ANNOUNCED, "announced")])
def test_strange_texts_are_counted_apart(kind: int, name: str) -> None:
    """A text that is none of ours is counted, and makes a run that expects none invalid."""
    samples = make_samples()
    samples.deliveries["message"][0] = kind
    samples.deliveries["client"][0] = 1

    found = tally(samples, SMALL)

    assert getattr(found, name) == 1
    assert judge(found, ACCOUNT, SMALL)[0] == "invalid"


def test_news_of_the_room_is_expected_where_clients_come_and_go() -> None:
    """Where the workload itself makes clients come, go or be cut off, the room may say so."""
    found = replace(SOUND, announced=7)

    assert judge(found, ACCOUNT, replace(SMALL, churn_hz=5.0)) == ("valid", "")
    assert judge(found, ACCOUNT, replace(SMALL, stalled_clients=1)) == ("valid", "")
    assert judge(found, ACCOUNT, SMALL)[0] == "invalid"


def test_who_stalls_owes_and_is_owed_nothing() -> None:
    """A client that stopped reading is left out of the account."""
    workload = replace(SMALL, stalled_clients=1, rate_hz=100.0)

    found = tally(make_samples(workload), workload)

    assert found == replace(SOUND, expected=3 * 43)


def test_server_that_fell_behind_owes_what_had_come_to_everyone() -> None:
    """What was still on its way when the time was up is late, not lost; a gap before it is lost."""
    samples = make_samples()
    late = Samples(samples.messages, samples.deliveries[: 4 * 30], 0)
    gap = Samples(samples.messages, np.delete(late.deliveries, 50), 0)

    assert tally(late, SMALL, behind=True).lost == 0
    assert tally(gap, SMALL, behind=True).lost == 1


def overloaded(busy: float, queued: float) -> Account:
    """A generator that was busy for that share of the time, and found that share queued."""
    return replace(ACCOUNT, generator_busy_s=busy * ACCOUNT.counted_s, generator_queued=queued)


def test_generator_that_keeps_up_may_be_busy() -> None:
    """Beside a fast server it is busy, beside a bursty one it finds a queue: both is too much."""
    assert judge(SOUND, overloaded(0.95, MAX_QUEUED_SHARE), SMALL) == ("valid", "")
    assert judge(SOUND, overloaded(MAX_GENERATOR_SHARE, 0.95), SMALL) == ("valid", "")
    assert judge(SOUND, overloaded(0.95, 0.95), SMALL)[0] == "unknown"


def test_invalid_comes_before_unknown() -> None:
    """A run that lost something is invalid, however much disturbed it."""
    crowded = replace(ACCOUNT, server_crowding=1.0)

    assert judge(replace(SOUND, lost=3), crowded, SMALL) == ("invalid", "deliveries: 3 lost")
    assert judge(replace(SOUND, finding="order.total: x"), crowded, SMALL)[0] == "invalid"


@pytest.mark.parametrize(
    ("account", "workload", "lateness", "words"),
    [
        (ACCOUNT, replace(SMALL, messages=MIN_MESSAGES - 1), 0.0, "too few"),
        (replace(ACCOUNT, server_crowding=MAX_CROWDING + 0.01), SMALL, 0.0, "other programs"),
        (replace(ACCOUNT, generator_crowding=MAX_CROWDING + 0.01), SMALL, 0.0, "other programs"),
        (replace(ACCOUNT, behind=True), SMALL, 0.0, "does not keep up"),
        (overloaded(MAX_GENERATOR_SHARE + 0.01, MAX_QUEUED_SHARE + 0.01), SMALL, 0.0, "was busy"),
        (ACCOUNT, SMALL, MAX_LATENESS_SHARE + 0.01, "was late"),
    ],
)
def test_disturbed_run_is_unknown(
    account: object, workload: Workload, lateness: float, words: str
) -> None:
    """What may have made the times in the server's place leaves them unknown, and is named."""
    assert isinstance(account, type(ACCOUNT))

    verdict, reason = judge(SOUND, account, workload, lateness=lateness)

    assert verdict == "unknown"
    assert words in reason
