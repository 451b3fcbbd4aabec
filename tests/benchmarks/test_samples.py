"""The file of samples that a generator writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.samples import COUNTED, LAST, WARM_UP, read_samples, write_samples
from tests.benchmarks.made import SMALL, make_samples


def test_samples_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Every message and every delivery is read back, in order."""
    path, samples = tmp_path / "samples", make_samples()

    write_samples(samples, path)
    read = read_samples(path)

    assert np.array_equal(read.messages, samples.messages)
    assert np.array_equal(read.deliveries, samples.deliveries)
    assert read.churned == 0


@pytest.mark.parametrize("kept_bytes", [0, 10, 24, 500, -1])
def test_unfinished_file_is_refused(tmp_path: Path, kept_bytes: int) -> None:
    """A file that is cut off at any place is refused, not read as a shorter run."""
    path = tmp_path / "samples"
    write_samples(make_samples(), path)
    path.write_bytes(path.read_bytes()[:kept_bytes])

    with pytest.raises(ValueError, match=r"not complete|no samples"):
        read_samples(path)


def test_messages_belong_to_their_phase() -> None:
    """A message belongs to the phase in which it was said; a message never said, to none."""
    samples = make_samples()
    samples.messages["intended_ns"][-2] = 0

    counts = {phase: len(samples.of_phase(phase)) for phase in (WARM_UP, COUNTED, LAST)}

    assert counts == {WARM_UP: SMALL.warmup_messages, COUNTED: SMALL.messages - 1, LAST: 1}
