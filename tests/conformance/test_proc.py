"""A process that was told to stop has stopped when `wait_stopped` returns."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from conformance.proc import wait_stopped
from conformance.timing import TICK, WITHIN
from conformance.verdicts import Unknown


# Three threads write for ever, so some thread is always on its way to a write.
BUSY = """
import os, threading
def write():
    while True:
        os.write(1, b".")
for _ in range(3):
    threading.Thread(target=write).start()
"""


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process that writes as fast as it can."""
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(1)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the state of a thread")
def test_nothing_is_written_after_the_stop(busy: subprocess.Popen[bytes]) -> None:
    """Not one thread goes on, each of twenty times."""
    assert busy.stdout is not None
    descriptor = busy.stdout.fileno()
    for _ in range(20):
        busy.send_signal(signal.SIGSTOP)
        wait_stopped(busy.pid, WITHIN)
        while select.select([descriptor], [], [], 0)[0]:
            os.read(descriptor, 1 << 20)

        assert not select.select([descriptor], [], [], TICK / 5)[0]
        busy.send_signal(signal.SIGCONT)
        os.read(descriptor, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the state of a thread")
def test_process_that_runs_is_told(busy: subprocess.Popen[bytes]) -> None:
    """A process that was not stopped is no stopped one, and one that has ended is."""
    with pytest.raises(Unknown, match="could not be stopped"):
        wait_stopped(busy.pid, TICK / 10)
    busy.kill()
    busy.wait()
    wait_stopped(busy.pid, WITHIN)
