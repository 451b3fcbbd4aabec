"""What became of every delivery: counted, and judged by the history checker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.deliveries import tally
from benchmarks.samples import ALTERED, ANNOUNCED, Samples
from benchmarks.trust import judge
from tests.benchmarks.made import ACCOUNT, SMALL, SOUND, make_samples


def test_faultless_run_is_valid() -> None:
    """A run in which every delivery came once and in order is valid."""
    found = tally(make_samples(), SMALL)

    assert found == SOUND
    assert judge(found, ACCOUNT, SMALL) == ("valid", "")


@pytest.mark.parametrize("speakers", [1, 4])
@given(st.data())
def test_planted_fault_is_found(speakers: int, data: st.DataObject) -> None:
    """A delivery that is removed, doubled or swapped is always found, and the run is invalid."""
    workload = replace(SMALL, speakers=speakers)
    samples = make_samples(workload)
    place = data.draw(st.integers(0, len(samples.deliveries) - 1 - workload.clients))
    fault = data.draw(st.sampled_from(["lose", "repeat", "swap"]))
    deliveries = samples.deliveries.copy()
    if fault == "lose":
        deliveries = np.delete(deliveries, place)
    elif fault == "repeat":
        deliveries = np.insert(deliveries, place, deliveries[place])
    else:  # swap it with the same client's next delivery
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
    """A client that misses the very last message has lost it, though none came after it."""
    samples = make_samples()
    cut = Samples(samples.messages, samples.deliveries[:-1], 0)

    assert tally(cut, SMALL).lost == 1


@pytest.mark.parametrize(("kind", "name"), [(ALTERED, "altered"), (ANNOUNCED, "announced")])
def test_other_texts_are_counted(kind: int, name: str) -> None:
    """A text that no speaker sent is counted, and makes the run invalid if none is expected."""
    samples = make_samples()
    samples.deliveries["message"][0] = kind
    samples.deliveries["client"][0] = 1

    found = tally(samples, SMALL)

    assert getattr(found, name) == 1
    assert judge(found, ACCOUNT, SMALL)[0] == "invalid"


def test_stalled_client_is_owed_nothing() -> None:
    """A client that stopped reading is left out of the tally."""
    workload = replace(SMALL, stalled_clients=1, rate_hz=100.0)

    found = tally(make_samples(workload), workload)

    assert found == replace(SOUND, expected=3 * 43)


def test_late_messages_are_not_lost() -> None:
    """Messages in flight at the end are late, not lost; an earlier gap is a loss."""
    samples = make_samples()
    late = Samples(samples.messages, samples.deliveries[: 4 * 30], 0)
    gap = Samples(samples.messages, np.delete(late.deliveries, 50), 0)

    assert tally(late, SMALL, behind=True).lost == 0
    assert tally(gap, SMALL, behind=True).lost == 1
