"""What Linux tells about a process."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time

import pytest

from benchmarks import procfs
from benchmarks.procfs import (
    Clocks,
    Spent,
    Usage,
    open_files,
    rss_bytes,
    runs,
    send_queues,
    tasks,
)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc to read")
NOBODY = 2**22 + 1  # above the highest process id of Linux


@linux_only
def test_this_process_has_memory_and_time() -> None:
    """A running process has memory, and has used some processor time."""
    usage = Usage.of(os.getpid())

    assert (rss_bytes(os.getpid()) or 0) > 2**20
    assert usage.ended.cpu_s is not None
    assert usage.ended.cpu_s > 0
    assert (tasks(os.getpid()) or 0) >= 1
    assert (usage.wakeups or 0) + (usage.preemptions or 0) > 0


@linux_only
def test_open_socket_is_counted() -> None:
    """A socket counts as an open file until it is closed."""
    before = open_files(os.getpid()) or 0
    with socket.socket():
        assert open_files(os.getpid()) == before + 1

    assert open_files(os.getpid()) == before


def test_process_that_is_gone_has_nothing() -> None:
    """A process that does not exist is no error; nothing is known about it."""
    usage = Usage.of(NOBODY)

    assert rss_bytes(NOBODY) is None
    assert open_files(NOBODY) is None
    assert tasks(NOBODY) is None
    assert usage == Usage(Clocks(usage.began.clock_s), Clocks(usage.ended.clock_s))


def read_at(
    clock_s: float, *, cpu_s: float, core_idle_s: float, queued_s: float, switches: int = 0
) -> Usage:
    """Return a reading that took no time, at ``clock_s``."""
    clocks = Clocks(clock_s, cpu_s, core_idle_s)
    return Usage(clocks, clocks, queued_s, wakeups=switches, preemptions=0)


NOTHING_YET = read_at(0.0, cpu_s=0.0, core_idle_s=0.0, queued_s=0.0)


def test_waiting_behind_other_programs_is_crowding() -> None:
    """Time in which a thread was ready while other programs ran is crowding."""
    after = read_at(10.0, cpu_s=6.0, core_idle_s=1.0, queued_s=3.0, switches=7)

    assert Spent.between(NOTHING_YET, after) == Spent(10.0, 6.0, 0.3, wakeups=7, preemptions=0)


def test_waiting_behind_own_threads_is_no_crowding() -> None:
    """Time in which threads of one server wait for one another is no crowding."""
    after = read_at(10.0, cpu_s=10.0, core_idle_s=0.0, queued_s=500.0)

    assert Spent.between(NOTHING_YET, after).crowding == 0.0


def test_reading_thousands_of_threads_is_no_crowding() -> None:
    """The time of a reading, even on the core of the process, is not part of the span."""
    before = Usage(Clocks(0.0, 0.0, 0.0), Clocks(0.6, 0.0, 0.0), queued_s=0.0)
    after = Usage(Clocks(4.6, 3.9, 0.1), Clocks(5.2, 3.9, 0.1), queued_s=5.0)

    spent = Spent.between(before, after)

    assert spent.clock_s == pytest.approx(4.0)
    assert spent.crowding == pytest.approx(0.0, abs=1e-9)


@linux_only
def test_clocks_enclose_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clocks are read before and after the counts that take long to read."""
    slow_s = 0.05
    monkeypatch.setattr(procfs, "_queued_s", lambda pid: time.sleep(slow_s))

    usage = Usage.of(os.getpid())

    assert usage.ended.clock_s - usage.began.clock_s >= slow_s


def test_crowding_is_unknown_where_nothing_tells() -> None:
    """If the system tells nothing, crowding is unknown, not zero."""
    before, after = (Usage(Clocks(clock_s), Clocks(clock_s)) for clock_s in (0.0, 1.0))

    spent = Spent.between(before, after)

    assert spent == Spent(clock_s=1.0, cpu_s=None, crowding=None)
    assert spent.switches is None


def test_process_that_has_ended_does_not_run() -> None:
    """A process runs until it has ended; a zombie, which nobody has waited for, does not run."""
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert runs(os.getpid())
    assert not runs(child.pid)
    child.wait()
    assert not runs(child.pid)


def test_what_a_peer_does_not_read_waits_in_the_kernel() -> None:
    """The queue of each peer is told by the peer's own port, and the listening socket has none."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as peer:
            ours, _ = listening.accept()
            with ours:
                assert send_queues(port) == {peer.getsockname()[1]: 0}
                ours.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        ours.send(b"x" * 65536)

                assert send_queues(port)[peer.getsockname()[1]] > 0
