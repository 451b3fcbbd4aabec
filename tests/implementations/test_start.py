"""A server's process in an untidy world: what it inherits, and signals while it starts."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

import pytest

from conformance.timing import TICK
from tests.implementations.running import ROOT


ONE_PER_RUNTIME = ("threads-mutex", "asyncio-broadcaster", "trio-direct")
ENDS_WITHIN = 100 * TICK
START_S = 0.3  # about how long a start takes

each_runtime = pytest.mark.parametrize("server_id", ONE_PER_RUNTIME)


def start(
    server_id: str,
    *flags: str,
    python: Iterable[str] = (),
    inherit: Callable[[], object] = lambda: None,
) -> subprocess.Popen[str]:
    """Start a server on free ports. ``inherit`` runs in the child, before it is Python."""
    places = ("--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0")
    return subprocess.Popen(
        [sys.executable, *python, "-m", "implementations", server_id, *places, *flags],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=inherit,
    )


def tcp_door(server: subprocess.Popen[str]) -> tuple[str, int]:
    """Wait until the server is ready, and return where its TCP door is."""
    assert server.stdout is not None
    ready = server.stdout.readline()
    host, port = ready.split("tcp=")[1].split()[0].split(":")
    return host, int(port)


def stop(server: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    """Send a signal; return the exit code and what was logged."""
    try:
        server.send_signal(number)
        _, logged = server.communicate(timeout=ENDS_WITHIN)
    finally:
        server.kill()
    return server.returncode, logged


@each_runtime
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_blocked_signals_stop_it(server_id: str, number: signal.Signals) -> None:
    """A server whose parent has blocked all signals stops on each of the three."""
    server = start(
        server_id,
        inherit=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()),
    )
    tcp_door(server)

    assert stop(server, number)[0] == 0


@each_runtime
def test_ignored_interrupt_stops_it(server_id: str) -> None:
    """A server that a shell has put into the background, with SIGINT ignored, stops on SIGINT."""
    server = start(server_id, inherit=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    tcp_door(server)

    assert stop(server, signal.SIGINT)[0] == 0


@each_runtime
def test_nohup_survives_a_hangup(server_id: str) -> None:
    """A server whose parent ignores SIGHUP, as ``nohup`` does, goes on when the terminal closes."""
    server = start(server_id, inherit=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    door = tcp_door(server)
    server.send_signal(signal.SIGHUP)
    with socket.create_connection(door) as client:
        assert client.recv(100).startswith(b"* you are ")

    exit_code, logged = stop(server)

    assert exit_code == 0
    assert "SIGHUP" not in logged


@each_runtime
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_closed_streams_become_dev_null(server_id: str, closed: tuple[int, ...]) -> None:
    """No socket or file takes the place of a standard stream that the parent closed."""
    server = start(server_id, inherit=lambda: close_all(closed))
    if 1 in closed:
        deadline = time.monotonic() + ENDS_WITHIN
        while opened(server.pid, 1) != os.devnull and time.monotonic() < deadline:
            time.sleep(TICK / 10)
    else:
        tcp_door(server)

    streams = [opened(server.pid, number) for number in closed]
    exit_code, logged = stop(server)

    assert streams == ["/dev/null"] * len(closed)
    assert exit_code in (0, -signal.SIGTERM)
    assert "Traceback" not in logged


def close_all(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def opened(pid: int, descriptor: int) -> str:
    """Return what a descriptor of a process is; an empty text when it is closed."""
    try:
        return os.readlink(f"/proc/{pid}/fd/{descriptor}")
    except FileNotFoundError:
        return ""


@each_runtime
@pytest.mark.parametrize("limit", [5, 6, 7, 8, 9, 10, 12, 16])
def test_few_descriptors_are_one_line(server_id: str, limit: int) -> None:
    """With hardly any file descriptors it serves, or says in one line why it cannot start."""
    server = start(
        server_id,
        inherit=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
    )
    assert server.stdout is not None
    if server.stdout.readline():
        exit_code, logged = stop(server)
        assert exit_code == 0
    else:
        _, logged = server.communicate(timeout=ENDS_WITHIN)
        assert server.returncode == 1
        assert len(logged.splitlines()) == 1
    assert "Traceback" not in logged


@each_runtime
@pytest.mark.parametrize(
    "python", [("-OO",), ("-X", "dev", "-W", "error")], ids=["without-docstrings", "dev-mode"]
)
def test_python_options_change_nothing(server_id: str, python: tuple[str, ...]) -> None:
    """Without docstrings, or with every warning an error, it starts, chats and stops quietly."""
    server = start(server_id, "--log-level", "WARNING", python=python)
    with socket.create_connection(tcp_door(server)) as client:
        client.sendall(b"hello\n/quit\n")
        said = b"".join(iter(lambda: client.recv(1000), b""))

    assert b": hello\n" in said
    assert stop(server) == (0, "")


@each_runtime
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_during_the_start_ends_it_quietly(server_id: str, number: signal.Signals) -> None:
    """A signal at any moment of the start ends it: no traceback, at most one line.

    Until start.py has been imported, Python itself answers SIGINT, with a traceback.
    """
    for part in range(1, 9):
        server = start(server_id)
        time.sleep(0.1 + START_S * part / 8)
        exit_code, logged = stop(server, number)

        if number == signal.SIGINT and logged.rstrip().endswith("KeyboardInterrupt"):
            ours = [
                line for line in logged.splitlines() if "implementations" in line and "File" in line
            ]
            assert all(line.endswith("in <module>") for line in ours), logged
            continue
        assert exit_code in (0, -number)
        said = [line for line in logged.splitlines() if "writer: " not in line]
        assert len(said) <= 1, logged


@each_runtime
@pytest.mark.parametrize("seconds", ["2592000", "1e9", "1e18", "1e308", "1e-9"])
def test_long_and_short_times_work(server_id: str, seconds: str) -> None:
    """Each accepted time works: a client comes, talks and leaves, and nothing is logged."""
    names = ("idle-timeout", "ping-interval", "pong-wait", "write-timeout", "drain-timeout")
    short = float(seconds) < 1
    chosen = [name for name in names if not short or name == "write-timeout"]
    flags = [word for name in chosen for word in (f"--{name}", seconds)]
    if not short:
        flags += ["--handshake-timeout", seconds]
    server = start(server_id, "--log-level", "WARNING", *flags)
    with socket.create_connection(tcp_door(server)) as client:
        client.sendall(b"hello\n/quit\n")
        said = b"".join(iter(lambda: client.recv(1000), b""))

    assert b": hello\n" in said
    assert stop(server) == (0, "")


PROCESS_1 = """
import os, signal, time
os.getpid = lambda: 1
signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what the kernel does for process 1
from implementations.start import put_in_order
put_in_order()
signal.raise_signal(signal.SIGTERM)
time.sleep(60)
"""


def test_process_1_has_handlers_from_the_start() -> None:
    """As process 1, for which the kernel has no default action, it has a handler of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROCESS_1],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
        check=False,
    )

    assert done.returncode == 128 + signal.SIGTERM
    assert done.stderr == ""
