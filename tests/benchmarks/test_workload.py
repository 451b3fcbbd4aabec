"""What may be asked of a server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.workload import BASELINE, MIN_PAYLOAD_BYTES


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("clients", 0),
        ("messages", 0),
        ("processes", 0),
        ("warmup_messages", -1),
        ("payload_bytes", MIN_PAYLOAD_BYTES - 1),
    ],
)
def test_workload_that_makes_no_sense_is_refused(field: str, value: int) -> None:
    """A workload without clients, messages, processes or room for a number is refused."""
    with pytest.raises(ValueError, match="must"):
        replace(BASELINE, **{field: value})
