"""A server's process: its command line, its start and its end."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

import pytest

from benchmarks.load import LoadError
from benchmarks.peers import PEERS
from benchmarks.server_process import is_ours, server_command, serving
from benchmarks.workload import Workload
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
        ("echo hello", "first line is not 'ready"),
        ("echo bad flag >&2; exit 2", r"did not start \(exit code 2: bad flag\)"),
    ],
)
def test_server_that_is_not_ready_is_said(script: str, words: str) -> None:
    """A wrong first line and an early end are one line, with the exit code and the last words."""
    start = serving(["sh", "-c", script], None)

    with pytest.raises(LoadError, match=words), start:
        pass


def test_every_peer_is_told_where_its_websocket_door_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address comes after the command, or in the place of {ws} in it."""
    other_door = ["serve", "--tcp", "127.0.0.1:0"]
    for command, told in (
        (other_door, [*other_door, "--ws", "127.0.0.1:0"]),
        ([*other_door, "--web={ws}"], [*other_door, "--web=127.0.0.1:0"]),
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
