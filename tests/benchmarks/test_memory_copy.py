"""The copy in memory, a physical limit."""

from __future__ import annotations

from benchmarks.memory_copy import copy_us


def test_longer_messages_take_longer_to_copy() -> None:
    """Each size has its time, and 64 KiB take longer than 16 bytes."""
    found = copy_us([16, 65_536])

    assert list(found) == [16, 65_536]
    assert 0 < found[16] < found[65_536]
