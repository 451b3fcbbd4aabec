"""What is read of a process from outside."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks.procfs import Spent, Usage, rss_bytes, tasks


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc to read")
NOBODY = 2**22 + 1  # above the highest process id that Linux gives


@linux_only
def test_this_process_has_memory_and_time() -> None:
    """A process that runs has memory, and has used some processor time."""
    usage = Usage.of(os.getpid())

    assert (rss_bytes(os.getpid()) or 0) > 2**20
    assert usage.cpu_s is not None
    assert usage.cpu_s > 0
    assert (tasks(os.getpid()) or 0) >= 1
    assert (usage.wakeups or 0) + (usage.preemptions or 0) > 0


def test_process_that_is_gone_has_nothing() -> None:
    """A process that does not exist is no error: nothing is known of it."""
    usage = Usage.of(NOBODY)

    assert rss_bytes(NOBODY) is None
    assert tasks(NOBODY) is None
    assert usage == Usage(usage.clock_s, None, None, None, None, None)


def test_waiting_behind_other_programs_is_crowding() -> None:
    """A thread that was ready to run while others had the processor was crowded."""
    before = Usage(0.0, cpu_s=0.0, queued_s=0.0, core_idle_s=0.0, wakeups=0, preemptions=0)
    after = Usage(clock_s=10.0, cpu_s=6.0, queued_s=3.0, core_idle_s=1.0, wakeups=7, preemptions=2)

    assert Spent.between(before, after) == Spent(10.0, 6.0, 0.3, wakeups=7, preemptions=2)


def test_waiting_behind_own_threads_is_no_crowding() -> None:
    """Threads of one server that queue behind each other on its processor are not crowded."""
    before = Usage(0.0, cpu_s=0.0, queued_s=0.0, core_idle_s=0.0, wakeups=0, preemptions=0)
    after = Usage(
        clock_s=10.0, cpu_s=10.0, queued_s=500.0, core_idle_s=0.0, wakeups=0, preemptions=0
    )

    assert Spent.between(before, after).crowding == 0.0


def test_crowding_is_unknown_where_nothing_tells() -> None:
    """Where the system says nothing, crowding is not taken for none."""
    before = Usage(
        clock_s=0.0, cpu_s=None, queued_s=None, core_idle_s=None, wakeups=None, preemptions=None
    )
    after = Usage(
        clock_s=1.0, cpu_s=None, queued_s=None, core_idle_s=None, wakeups=None, preemptions=None
    )

    spent = Spent.between(before, after)

    assert spent == Spent(clock_s=1.0, cpu_s=None, crowding=None)
    assert spent.switches is None
