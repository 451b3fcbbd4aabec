"""Whether a machine is busy before a measurement."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from benchmarks.idleness import busy_share


def test_busy_share_is_that_of_our_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks the share is what was neither idle nor waiting for a disk."""
    stat = tmp_path / "stat"
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2})
    monkeypatch.setattr(time, "sleep", lambda _: stat.write_text(_rows(used=30, idle=60, disk=10)))
    stat.write_text(_rows(used=0, idle=0, disk=0))

    assert busy_share(5.0, stat) == pytest.approx(0.3)


def test_nothing_is_said_where_nothing_is_known(tmp_path: Path) -> None:
    """Without the kernel's table there is no share, and no error."""
    assert busy_share(0.0, tmp_path / "nothing") is None


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs /proc/stat")
def test_busy_thread_is_seen() -> None:
    """A thread that computes makes the machine busy."""
    ended = threading.Event()

    def compute() -> None:
        while not ended.is_set():
            sum(range(1000))

    thread = threading.Thread(target=compute)
    thread.start()
    share = busy_share(0.5)
    ended.set()
    thread.join()

    assert share is not None
    assert share > 0.5 / len(os.sched_getaffinity(0))


def _rows(*, used: int, idle: int, disk: int) -> str:
    mine = f"{used} 0 0 {idle} {disk} 0 0 0 0 0"
    return (
        f"cpu 9 9 9 9 9 9 9 9 9 9\ncpu0 {mine}\ncpu1 500 0 0 0 0 0 0 0 0 0\ncpu2 {mine}\nintr 1\n"
    )
