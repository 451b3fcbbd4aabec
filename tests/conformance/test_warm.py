"""Servers that come from a fork: like those that their command starts, and ended like them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import TICK, Server
from conformance.contenders import LaunchOptions, OurServer
from conformance.warm import ForkedProcess, forked


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no server is forked")

IDS = ["threads-mutex", "asyncio-mutex", "trio-mutex"]


@contextlib.contextmanager
def _forked(server_id: str, **settings: int) -> Iterator[Server]:
    """Start a server by a fork: the second of its runtime, or a later one."""
    for quick in (True, True):
        server = OurServer(server_id).launch(LaunchOptions(settings, quick=quick))
        try:
            server.wait_ready()
            if isinstance(server._maybe_process, ForkedProcess):
                yield server
                return
        finally:
            server.stop()


def _state(server: Server) -> dict[str, str]:
    """Return what the kernel says of a process: signals, session, limits, open files."""
    folder = Path(f"/proc/{server.pid}")
    status = dict(
        line.split(":\t", 1)
        for line in (folder / "status").read_text().splitlines()
        if ":\t" in line
    )
    kept = ("SigBlk", "SigIgn", "SigCgt", "NoNewPrivs", "Seccomp", "Threads", "Umask")
    streams = [os.readlink(folder / "fd" / str(number)).partition(":")[0] for number in (0, 1, 2)]
    return {
        **{name: status[name].strip() for name in kept},
        "leads its session": str(os.getsid(server.pid) == server.pid),
        "open files": str(server.descriptors()),
        "standard streams": " ".join(streams),
        "folder": os.readlink(folder / "cwd"),
        "limits": (folder / "limits").read_text(),
    }


@pytest.mark.parametrize("server_id", IDS)
def test_forked_server_is_as_one_that_its_command_starts(server_id: str) -> None:
    """Signals, session, limits and open files are the same; so are the settings' effects."""
    commanded = OurServer(server_id).launch(LaunchOptions({"max_clients": 7})).wait_ready()
    try:
        with _forked(server_id, max_clients=7) as server:
            assert _state(server) == _state(commanded)
    finally:
        commanded.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_forked_server_ends_as_one_that_its_command_starts(number: signal.Signals) -> None:
    """It drains, logs and exits with 0."""
    with _forked("asyncio-mutex") as server:
        server.signal(number)

        assert server.wait_exit(50 * TICK) == 0
        assert number.name in server.stderr_text()


def test_exhibit_is_started_by_its_command() -> None:
    """It replaces something before the rest is imported, so a fork would come too late."""
    words = ["exhibit-await-in-fanout-asyncio"]

    assert [forked(words[0], words, os.environ) for _ in range(3)] == [None] * 3


def test_end_of_a_forked_server_is_seen() -> None:
    """Its exit code is known, also if a signal that it cannot catch has ended it."""
    with _forked("trio-mutex") as server:
        os.kill(server.pid, signal.SIGKILL)

        assert server._process.wait(50 * TICK) == -signal.SIGKILL
        assert server._process.poll() == -signal.SIGKILL
        assert "killed by SIGKILL" in server.crash()


def test_wait_has_a_deadline() -> None:
    """A server that runs on is told by the same exception as that of any process."""
    with _forked("threads-mutex") as server:
        with pytest.raises(subprocess.TimeoutExpired):
            server._process.wait(TICK)
        assert server._process.poll() is None


def test_another_environment_is_not_that_of_the_fork(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A server that would inherit another environment or folder is started by its command."""
    words = ["asyncio-mutex"]
    with _forked("asyncio-mutex"):
        with monkeypatch.context() as changed:
            changed.setenv("TZ", "Pacific/Kiritimati")
            assert forked(words[0], words, os.environ) is None
        with monkeypatch.context() as changed:
            changed.chdir(tmp_path)
            assert forked(words[0], words, os.environ) is None


def test_fork_whose_parent_was_killed_is_replaced() -> None:
    """When somebody has killed the process that forks, the next server starts by its command."""
    with _forked("threads-mutex") as server:
        parent = server._process._forker._process  # type: ignore[union-attr]
        parent.kill()
        parent.wait()

    again = OurServer("threads-mutex").launch(LaunchOptions(quick=True))
    try:
        assert not isinstance(again.wait_ready()._process, ForkedProcess)
    finally:
        again.stop()
    with _forked("threads-mutex") as server:
        assert isinstance(server._process, ForkedProcess)


@pytest.mark.parametrize("off", ["ignored", "blocked"])
def test_server_that_would_inherit_a_signal_off_is_started_by_its_command(off: str) -> None:
    """The process that forks has the signals as they were when it was started."""
    with _forked("asyncio-mutex"):
        pass  # from now on a server of this runtime could be forked
    before = signal.getsignal(signal.SIGHUP)
    if off == "ignored":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    else:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        assert forked("asyncio-mutex", ["asyncio-mutex"], dict(os.environ)) is None
    finally:
        signal.signal(signal.SIGHUP, before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
