"""Starts one of our servers from a process that has imported everything already.

A server's start is mostly imports. So the second server of a runtime comes from a process that was
started for this: it imports what the servers of that runtime need, and forks
(implementations/warm.py). That costs a tenth of a start. The first server of each runtime is
started by its command. So is every server of a test about starting and stopping, and every exhibit,
because an exhibit replaces something before the rest is imported.

Invariants:
  1. A process is reaped by the call that learns that it has ended, so its id is never one of
     another process before that.
  2. The process that forks has the environment, the folder and the signals that the server would
     inherit, or is not used.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO

from conformance.guard import guard, release
from conformance.python import module_command


__all__ = ["ForkedProcess", "forked"]

_RUNTIMES = ("threads", "asyncio", "trio")
_STOPPING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
_MODULE = "implementations.warm"
_MOST_BYTES = 65536  # of one message
_NOT_INHERITED = ("HUBBUB_", "PYTEST_")

_lock = threading.Lock()  # guards the two below
_started: set[str] = set()  # runtimes of which a server was started by its command
_forkers: dict[str, _Forker] = {}  # by runtime


def forked(
    server_id: str, arguments: Sequence[str], env: Mapping[str, str]
) -> ForkedProcess | None:
    """Start ``hubbub serve ARGUMENTS`` by a fork.

    Returns:
        None for the first server of a runtime, for one with another environment or folder than that
        of the process that forks, for one that would inherit a signal ignored or blocked, and where
        there is no such process: start it by its command.
    """
    runtime = server_id.partition("-")[0]
    if runtime not in _RUNTIMES or sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return None
    if signal.pthread_sigmask(signal.SIG_BLOCK, ()) or any(
        signal.getsignal(number) is signal.SIG_IGN for number in _STOPPING
    ):
        return None
    with _lock:
        if runtime not in _started:
            _started.add(runtime)
            return None
        if runtime not in _forkers:
            _forkers[runtime] = _Forker(server_id, env)
        forker = _forkers[runtime]
        if not forker.serves(env):
            return None
    try:
        return forker.fork(arguments)
    except OSError:  # it has ended: the command says why, and the server after that has another
        with _lock:
            _forkers.pop(runtime, None)
        forker.end()
        return None


def _inherited(env: Mapping[str, str]) -> dict[str, str]:
    """Return what decides how a process runs; pytest changes a variable for each test."""
    return {name: text for name, text in env.items() if not name.startswith(_NOT_INHERITED)}


class ForkedProcess:
    """A process that another one has forked for us; like a ``subprocess.Popen``."""

    def __init__(self, forker: _Forker, pid: int, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._forker = forker
        self._ended = os.pidfd_open(pid)
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Return how it has ended; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended and return its exit code.

        Raises:
            subprocess.TimeoutExpired: it runs still after that many seconds.
        """
        poll = select.poll()
        with self._lock:
            if self.returncode is None:
                poll.register(self._ended, select.POLLIN)
                if not poll.poll(None if timeout is None else timeout * 1000):
                    raise subprocess.TimeoutExpired("hubbub serve", timeout or 0.0)
                self.returncode = self._forker.exit_code(self.pid)
                os.close(self._ended)
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class _Forker:
    """The process that forks: started when it is needed, ended with this process."""

    def __init__(self, server_id: str, env: Mapping[str, str]) -> None:
        self._env = _inherited(env)
        self._lock = threading.Lock()  # one question at a time
        self._control, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                module_command(_MODULE, server_id, str(theirs.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self._env,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        guard(self._process.pid)
        self._cwd = os.getcwd()
        atexit.register(self.end)

    def serves(self, env: Mapping[str, str]) -> bool:
        """Return whether a server with this environment may come from it."""
        return self._env == _inherited(env) and self._cwd == os.getcwd()

    def fork(self, arguments: Sequence[str]) -> ForkedProcess:
        """Start a server.

        Raises:
            OSError: this process has ended.
        """
        read_out, write_out = os.pipe()
        read_err, write_err = os.pipe()
        stdout, stderr = os.fdopen(read_out, "rb", 0), os.fdopen(read_err, "rb", 0)
        try:
            pid = self._ask(list(arguments), [write_out, write_err])
            guard(pid)
            return ForkedProcess(self, pid, stdout, stderr)
        except OSError:
            stdout.close()
            stderr.close()
            raise
        finally:
            os.close(write_out)
            os.close(write_err)

    def exit_code(self, pid: int) -> int:
        """Return how a process has ended, and let its id go."""
        try:
            return self._ask(pid)
        except OSError:
            return -signal.SIGKILL  # somebody has ended the process that could tell

    def end(self) -> None:
        """End the process; what it has forked goes on."""
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        release(self._process.pid)

    def _ask(self, what: object, descriptors: Sequence[int] = ()) -> int:
        with self._lock:
            socket.send_fds(self._control, [json.dumps(what).encode()], descriptors)
            answer = self._control.recv(_MOST_BYTES)
        if not answer:
            raise ConnectionResetError
        return int(json.loads(answer))
