"""Counting a process's system calls from outside."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks import syscalls
from benchmarks.syscalls import counter, counting_syscalls


BUSY = """
import os, sys
print(flush=True)
sys.stdin.readline()
for _ in range(500):
    os.getppid()
print(flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("tool", ["perf", "strace"])
def test_calls_are_counted(tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a program that makes 500 calls, at least 500 are counted, and not many more."""
    if counter() is None:
        pytest.skip("neither perf nor strace may count here")
    if not syscalls.works(tool):
        pytest.skip(f"{tool} may not count here")
    monkeypatch.setattr(syscalls, "counter", lambda: tool)
    child = subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin
    assert child.stdout
    child.stdout.readline()  # it has started; the calls of starting are not counted

    with child, counting_syscalls(child.pid) as count:
        child.stdin.write("\n")
        child.stdin.flush()
        child.stdout.readline()
    child.stdin.close()

    assert count.total is not None
    assert 500 <= count.total < 600


def test_nothing_is_counted_without_a_process() -> None:
    """Without a process there is nothing to count."""
    with counting_syscalls(None) as count:
        pass

    assert count.total is None


def test_machine_without_tools_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a tool the body runs, and nothing is counted."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(syscalls, "counter", counter.__wrapped__)

    with counting_syscalls(1) as count:
        pass

    assert count.total is None
