"""However a command ends, nothing of what it started is left running two seconds later."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.python import module_command
from conformance.timing import TICK
from tests.processes import spelled, started_server


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is whose")

GONE_WITHIN_S = 20 * TICK
STARTED_WITHIN_S = 300 * TICK
CLOSED, SIGNALS = "closed terminal", ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")

# What a command is given, and how many processes there are when it is at work.
COMMANDS: dict[str, tuple[list[str], int]] = {
    "serve": (["serve", "asyncio-mutex", "--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"], 1),
    "chat": (["chat", "TCP"], 1),
    "top": (["top", "WS"], 1),
    "check": (["check", "00"], 2),
    "conform": (["conform", "asyncio-mutex", "--rules", "liveness", "-n1"], 3),
    "conform-workers": (["conform", "trio-direct", "--rules", "slow", "-n2"], 5),
    "gallery": (["gallery", "off-by-one"], 3),
    "record": (["record", "asyncio-mutex", "--lines", "50000"], 2),
    "draw": (["draw"], 1),
    "replay": (["replay", "trio-mutex", "--seeds", "1000000"], 1),
    "bench": (["bench", "closed", "--server", "asyncio-direct", "--peer", "none"], 2),
    "compare": (["compare", "asyncio-direct", "--clients", "20"], 3),
}
# Makes the terminal on standard input the controlling one, then becomes the command.
ON_A_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture(scope="module")
def room() -> Iterator[dict[str, str]]:
    """A server for the commands that talk to one."""
    with started_server("asyncio-mutex") as server:
        yield {"TCP": spelled(server.tcp), "WS": spelled(server.ws)}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_left_running(name: str, room: dict[str, str], tmp_path: Path) -> None:
    """Ctrl-C, SIGTERM, SIGHUP, SIGKILL or a closed terminal: servers and workers end too."""
    words, processes = COMMANDS[name]
    words = [room.get(word, word) for word in words]
    if name == "check":
        _make_endless_exercise(tmp_path)
    for how in (*SIGNALS, CLOSED):
        with _started(words, tmp_path, terminal=how == CLOSED) as (mark, child, terminal):
            _wait_for(mark, processes, child)
            if how == CLOSED:
                os.close(terminal.pop())
            else:
                child.send_signal(signal.Signals[how])
            deadline = time.monotonic() + GONE_WITHIN_S
            while (left := _marked(mark)) and time.monotonic() < deadline:
                child.poll()
                time.sleep(TICK / 10)
            assert left == {}, f"{how} left these running: {left}"


def _make_endless_exercise(folder: Path) -> None:
    """Make a workspace in which the first exercise does not end."""
    environment = {**os.environ, "HUBBUB_PROGRESS": str(folder / "progress.json")}
    command = module_command("hubbub", "learn", "--into", str(folder / "mine"))
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    first = min(path for path in (folder / "mine").iterdir() if path.name.startswith("00"))
    (first / "exercise.py").write_text("while True:\n    pass\n")


@contextlib.contextmanager
def _started(
    words: list[str], folder: Path, *, terminal: bool
) -> Iterator[tuple[str, subprocess.Popen[bytes], list[int]]]:
    """Start a command in a session of its own; at the end, kill what it has left."""
    mark = f"ENDING_MARK={uuid.uuid4().hex}"
    name, _, value = mark.partition("=")
    environment = {
        **os.environ,
        name: value,
        "HUBBUB_PROGRESS": str(folder / "progress.json"),
        "TERM": "xterm",
    }
    command = module_command("hubbub", *words)
    ends: list[int] = []
    given: int = subprocess.PIPE
    if terminal:
        ours, given = pty.openpty()
        ends.append(ours)
        command = [sys.executable, "-c", ON_A_TERMINAL, *command]
    with (folder / "said").open("wb") as said:
        child = subprocess.Popen(
            command,
            stdin=given,
            stdout=given if terminal else said,
            stderr=given if terminal else said,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    if terminal:
        os.close(given)
    try:
        yield mark, child, ends
    finally:
        for pid in _marked(mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        child.wait()
        if child.stdin is not None:
            child.stdin.close()
        for end in ends:
            os.close(end)


def _wait_for(mark: str, processes: int, child: subprocess.Popen[bytes]) -> None:
    """Wait until a command is at work: it and its children run."""
    deadline = time.monotonic() + STARTED_WITHIN_S
    while len(_marked(mark)) < processes:
        assert child.poll() is None, "it ended before it was at work"
        assert time.monotonic() < deadline, f"it never had {processes} processes: {_marked(mark)}"
        time.sleep(TICK / 5)
    time.sleep(5 * TICK)


def _marked(mark: str) -> dict[int, str]:
    """Return the processes whose environment has the mark, with their commands."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(entry.name)] = command.decode(errors="replace")[-80:]
    return found
