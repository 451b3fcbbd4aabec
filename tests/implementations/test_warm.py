"""The process that forks servers; tests/conformance/test_warm.py has what the servers are like."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance import TICK
from conformance.python import module_command


@contextmanager
def _warm(server_id: str) -> Iterator[tuple[socket.socket, subprocess.Popen[bytes]]]:
    """Start the process; yield the socket to ask it by."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    number = theirs.fileno()
    process = subprocess.Popen(
        module_command("implementations.warm", server_id, str(number)), pass_fds=[number]
    )
    theirs.close()
    ours.settimeout(100 * TICK)
    try:
        yield ours, process
    finally:
        ours.close()
        process.wait(100 * TICK)


def _ask(control: socket.socket, what: object, *descriptors: int) -> int:
    socket.send_fds(control, [json.dumps(what).encode()], descriptors)
    return int(control.recv(100))


def _start(control: socket.socket, *words: str) -> tuple[int, str]:
    """Start a server and return its id and the first thing that it prints."""
    read, write = os.pipe()
    errors = os.open(os.devnull, os.O_WRONLY)
    pid = _ask(control, [*words, "--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"], write, errors)
    os.close(write)
    os.close(errors)
    with open(read, "rb") as stdout:
        return pid, stdout.readline().decode()


@pytest.mark.parametrize("server_id", ["threads-direct", "threads-mutex"])
def test_fork_serves_and_its_end_is_told(server_id: str) -> None:
    """A command line becomes a server; its id becomes its exit code when it has ended."""
    with _warm("threads-direct") as (control, _):
        pid, line = _start(control, server_id)
        os.kill(pid, signal.SIGKILL)

        assert line.startswith(f"hubbub {server_id} ready tcp=")
        assert _ask(control, pid) == -signal.SIGKILL


def test_senseless_command_line_ends_the_fork_alone() -> None:
    """A flag that makes no sense has the exit code that it has for hubbub serve."""
    with _warm("threads-direct") as (control, process):
        pid, line = _start(control, "threads-direct", "--no-such-flag")

        assert (line, _ask(control, pid)) == ("", 2)
        assert process.poll() is None


def test_it_ends_with_the_process_that_asked() -> None:
    """When nobody can ask any more, it ends; what it has forked goes on."""
    with _warm("threads-direct") as (control, process):
        pid, _ = _start(control, "threads-direct")
        control.close()

        assert process.wait(100 * TICK) == 0
        os.kill(pid, signal.SIGKILL)


def test_trio_servers_run_their_tasks_in_orders_of_their_own() -> None:
    """Each fork seeds trio's random numbers anew, or all servers would have one schedule."""
    program = (
        "import random, sys, trio._core._run as run\n"
        "from implementations import warm\n"
        "before = run._r.getstate(); warm._own_random_numbers()\n"
        "sys.exit(run._r.getstate() == before)"
    )

    ended = subprocess.run([sys.executable, "-c", program], check=False)

    assert ended.returncode == 0
