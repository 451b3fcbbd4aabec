"""A server's process: its command line, its start and its end."""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from benchmarks.load import LoadError
from benchmarks.peers import PEERS
from benchmarks.server_process import is_ours, server_command, serving
from benchmarks.workload import Workload
from conformance.timing import TICK, WITHIN
from tests.benchmarks.made import PEER, SMALL


PLAIN = "websockets-broadcast"  # the peer that needs nothing but Python


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_server_ends_with_the_measurement() -> None:
    """An interrupted measurement leaves no server running."""
    command = server_command(PLAIN, SMALL)

    with pytest.raises(KeyboardInterrupt), serving(command, None) as (pid, _):
        raise KeyboardInterrupt

    assert not alive(pid)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo hello", r"did not start \(exit code 0\)"),
        ("echo bad flag >&2; exit 2", r"did not start \(exit code 2: bad flag\)"),
    ],
)
def test_server_that_is_not_ready_is_said(script: str, words: str) -> None:
    """An early end is one line, with the exit code and the last words."""
    start = serving(["sh", "-c", script], None)

    with pytest.raises(LoadError, match=words), start:
        pass


def test_every_peer_is_told_where_its_websocket_door_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address comes after the command, or goes into the place of {ws} at the start."""
    other_door = ["serve", "--tcp", "127.0.0.1:0"]
    for command, told in (
        (other_door, [*other_door, "--ws", "127.0.0.1:0"]),
        ([*other_door, "--web={ws}"], [*other_door, "--web={ws}"]),
        ([*other_door, "--port={ws_port}"], [*other_door, "--port={ws_port}"]),
    ):
        peer = replace(PEERS[PLAIN], command=partial(list, command))
        monkeypatch.setitem(PEERS, PLAIN, peer)

        assert server_command(PLAIN, SMALL) == told


@pytest.mark.parametrize(
    ("workload", "flags"),
    [
        (Workload(), set()),
        (Workload(payload_bytes=65536), {"--max-line"}),
        (Workload(slow_consumer="block"), {"--slow-consumer"}),
    ],
)
def test_only_what_a_workload_demands_is_set(workload: Workload, flags: set[str]) -> None:
    """A server runs with its defaults, except for settings that the workload needs."""
    settable = {"--max-line", "--slow-consumer", "--outbox", "--max-clients"}

    assert settable.intersection(server_command("asyncio-mutex", workload)) == flags
    assert is_ours("asyncio-mutex+uvloop")
    assert not is_ours(PEER)


SERVER = """
import socket, subprocess, sys, time
words, port = sys.argv[1], int(sys.argv[2])
time.sleep(float(sys.argv[3]) if len(sys.argv) > 3 else 0)
listening = socket.create_server(("127.0.0.1", port))
print("== a banner ==", flush=True)
if words:
    print(words.replace("PORT", str(listening.getsockname()[1])), flush=True)
while True:
    time.sleep(0.01)
    print("chatter " * 1000, flush=True)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A program that opens a door, says so in the given words, and goes on printing."""
    path = tmp_path / "server.py"
    path.write_text(SERVER)
    return path


@pytest.mark.parametrize(
    "words",
    [
        "peer mine ready ws=127.0.0.1:PORT",
        "ws=ws://127.0.0.1:PORT/ws",
        "Listening on http://localhost:PORT/",
        "Server running at ws://0.0.0.0:PORT",
        "listening on port PORT",
        "\x1b[32mready\x1b[0m [::]:PORT",
    ],
)
def test_port_that_a_server_chose_is_read_in_any_form(script: Path, words: str) -> None:
    """A ready line behind a banner is read in the forms that people print."""
    with serving([sys.executable, str(script), words, "0", "0.2"], None) as (_, address):
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), WITHIN).close()


def test_server_that_prints_no_address_is_ready_when_its_door_opens(script: Path) -> None:
    """Without a ready line the door that was asked for is tried, and what is printed is read."""
    with serving([sys.executable, str(script), "", "{ws_port}"], None) as (pid, address):
        time.sleep(10 * TICK)  # a pipe that nobody reads is full after 65,536 bytes
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), WITHIN).close()
        assert alive(pid)


def test_line_that_cannot_be_read_is_quoted() -> None:
    """A server whose door is not found is one line, which quotes what it printed last."""
    command = ["sh", "-c", "echo 'here I am'; exec sleep 60", "{ws}"]

    with pytest.raises(LoadError, match="printed is 'here I am'"), serving(command, None, TICK):
        pass


def test_launcher_and_what_it_started_end(script: Path, tmp_path: Path) -> None:
    """The process that listens is named, and ends with the script that started it."""
    launcher = tmp_path / "launch.sh"
    launcher.write_text(f"#!/bin/sh\n{sys.executable} {script} '' $1\necho over\n")
    launcher.chmod(0o755)

    with serving([str(launcher), "{ws_port}"], None) as (pid, _):
        assert alive(pid)
        if sys.platform == "linux":
            assert str(script) in Path(f"/proc/{pid}/cmdline").read_text()

    deadline = time.monotonic() + WITHIN
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(TICK / 10)
    assert not alive(pid)


def test_program_that_is_missing_is_said() -> None:
    """A program that cannot be started is one line, which names it."""
    with pytest.raises(LoadError, match=r"cannot start \./nosuch"), serving(["./nosuch"], None):
        pass


def test_port_that_was_taken_meanwhile_is_tried_again(tmp_path: Path) -> None:
    """A server that says that its port is in use is started again with another port."""
    seen = tmp_path / "seen"
    source = (
        "import pathlib, socket, sys, time\n"
        f"seen = pathlib.Path({str(seen)!r})\n"
        "if not seen.exists():\n"
        "    seen.write_text(sys.argv[1])\n"
        "    sys.exit('OSError: [Errno 98] Address already in use')\n"
        "listening = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "time.sleep(60)\n"
    )

    with serving([sys.executable, "-c", source, "{ws_port}"], None) as (_, address):
        assert not address.endswith(f":{seen.read_text()}")
