"""What a process has started ends with it, even if it is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

from conformance.python import ROOT
from conformance.timing import TICK, WITHIN


STARTER = """
import subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from conformance.guard import guard, release
kept, ended = (subprocess.Popen(["sh", "-c", "sleep 60 & wait"], process_group=0) for _ in "12")
for one in (kept, ended):
    guard(one.pid)
release(ended.pid)
print(kept.pid, ended.pid, flush=True)
time.sleep(60)
"""


def alive(group: int) -> bool:
    """Return whether a process group has a member that runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_guarded_group_ends_with_its_starter() -> None:
    """A group is killed when its starter is; one that was released is left alone."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(ROOT)], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        kept, ended = map(int, starter.stdout.readline().split())
        starter.kill()
    try:
        deadline = time.monotonic() + WITHIN
        while alive(kept) and time.monotonic() < deadline:
            time.sleep(TICK / 10)
        assert not alive(kept)
        assert alive(ended)
    finally:
        for group in (kept, ended):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
