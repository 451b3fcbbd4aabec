"""A server's process: started on its core, asked for its address, ended.

The child has a process group of its own, so a Ctrl-C on the terminal does not reach it. Leaving
`serving`, for whatever reason, ends that group; a guard ends it if this process is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from benchmarks.cores import pinned
from benchmarks.interpreters import python_of
from benchmarks.load import LoadError
from benchmarks.peers import PEERS
from benchmarks.procfs import listener
from benchmarks.workload import MAX_LINE_BYTES, Workload
from conformance.announced import announced, last_lines
from conformance.guard import guard, release
from conformance.output import Output
from conformance.python import module_command
from conformance.server import (
    Address,
    accepts,
    ended_how,
    free_address,
    port_was_taken,
    spell,
)
from conformance.templates import fill
from implementations.servers import SERVERS


__all__ = ["READY_S", "is_ours", "server_command", "serving"]

READY_S = 20.0
_PROBE_AFTER_S = 0.5  # by then a server that prints a ready line has printed it
_ELSEWHERE_AFTER_S = 1.0
_LOOK_EVERY_S = 0.02
_KEPT_BYTES = 1 << 16
_TRIES = 4  # starts of a server whose port another program took after it was found free
_ANY_PORT = "127.0.0.1:0"
_ROOM_BYTES = 1024  # more than any speaker's name before a payload


def is_ours(server: str) -> bool:
    """Return whether ``server`` speaks the whole protocol, and so takes its settings."""
    return any(server.removesuffix("+uvloop") == known.id for known in SERVERS)


def server_command(server: str, workload: Workload) -> list[str]:
    """Return the command line that starts ``server`` for ``workload``.

    The server runs with its defaults, except for settings that the workload cannot do without.

    Raises:
        Unavailable: the server needs something that is missing here.
    """
    if server in PEERS:
        command = PEERS[server].command()
        if not any("{ws}" in part or "{ws_port}" in part for part in command):
            # A peer of ours is told to take any port, since its ready line says which.
            command = [*command, "--ws", "{ws}" if PEERS[server].is_own else _ANY_PORT]
    else:
        command = module_command("hubbub", "serve", server)
        command[0] = python_of(workload.python)
        command += ["--tcp", _ANY_PORT, "--ws", _ANY_PORT, "--log-level", "WARNING"]
    if is_ours(server):
        if workload.payload_bytes > MAX_LINE_BYTES - _ROOM_BYTES:
            command += ["--max-line", str(workload.payload_bytes + _ROOM_BYTES)]
        if workload.slow_consumer != Workload().slow_consumer:
            command += ["--slow-consumer", workload.slow_consumer]
    return command


@contextmanager
def serving(
    command: Sequence[str], core: int | None, ready_s: float = READY_S
) -> Iterator[tuple[int, str]]:
    """Start a server on ``core``; give its process id and the address of its WebSocket door.

    ``{ws}``, ``{ws_port}`` and so on in the command become addresses that are free now; if another
    program takes one meanwhile, the server is started again with others. The id is that of the
    process that listens: a launcher script may have started it.

    Raises:
        LoadError: the server does not start, or the body raised one; the text ends with the
            server's exit code and its last line on standard error.
    """
    for left in reversed(range(_TRIES)):
        words, asked = _placed(command)
        server = _Started(words, core)
        try:
            address = server.wait_ready(asked, ready_s)
            break
        except LoadError as error:
            last_words = server.last_words()
            server.end()
            if asked is None or not left or not server.port_was_taken():
                raise LoadError(f"{error}{last_words}") from error
        except BaseException:
            server.end()
            raise
    try:
        yield server.listening_pid(address), spell(address)
    except LoadError as error:
        raise LoadError(f"{error}{server.last_words()}") from error
    finally:
        server.end()


def _placed(command: Sequence[str]) -> tuple[list[str], Address | None]:
    """Return the words with free addresses in their places, and that of the WebSocket door."""
    if not any("{" in word for word in command):
        return list(command), None
    tcp, ws = free_address(), free_address()
    places = {
        "{tcp}": [spell(tcp)],
        "{ws}": [spell(ws)],
        "{tcp_port}": [str(tcp[1])],
        "{ws_port}": [str(ws[1])],
        "{flags}": [],
    }
    return fill(command, places), ws


class _Started:
    """A server's process group, and what it prints: read to its end, so it never waits for us."""

    def __init__(self, command: Sequence[str], core: int | None) -> None:
        # The defaults are measured, whatever HUBBUB_* variables the shell has set.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_")}
        with pinned(core):
            try:
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environment,
                    process_group=0,
                )
            except OSError as error:
                raise LoadError(f"cannot start {command[0]}: {error.strerror}") from None
        guard(self._child.pid)
        assert self._child.stdout is not None
        assert self._child.stderr is not None
        self._said = Output(self._child.stdout, keep_bytes=_KEPT_BYTES)
        self._logged = Output(self._child.stderr, keep_bytes=_KEPT_BYTES)

    def wait_ready(self, asked: Address | None, ready_s: float) -> Address:
        """Return the address of the WebSocket door as soon as it accepts.

        Args:
            asked: where the server was told to listen; None: only it knows.

        Raises:
            LoadError: the server ended, or no door that it named accepted in time.
        """
        began = time.monotonic()
        while (passed := time.monotonic() - began) < ready_s:
            said = announced(self._said.text())
            for address in said.ws:
                if accepts(address):
                    return address
            if asked is not None and passed > _PROBE_AFTER_S and accepts(asked):
                return asked
            # What the other lines name may be another program, such as a database.
            if asked is None or passed > _ELSEWHERE_AFTER_S:
                logged = announced(self._logged.text())
                for address in (*said.other, *logged.ws, *logged.other):
                    if accepts(address):
                        return address
            exit_code = self._child.poll()
            if exit_code is not None and (exit_code or not self._left_a_child()):
                raise LoadError("the server did not start")
            time.sleep(_LOOK_EVERY_S)
        nowhere = f"nothing accepts at {spell(asked)}" if asked else "it named no door that accepts"
        last = last_lines(self._said.text(), self._logged.text())
        raise LoadError(
            f"the server was not ready after {ready_s:g} s: {nowhere}; the last line that it "
            f"printed is {last}"
        )

    def listening_pid(self, address: Address) -> int:
        """Return the process of the group that listens there; its leader where that is unknown."""
        return listener(self._child.pid, address[1]) or self._child.pid

    def port_was_taken(self) -> bool:
        """Return whether the server has said that another program has its port."""
        return port_was_taken(self._said.text() + self._logged.text())

    def last_words(self) -> str:
        """Return how the process has ended, to append to an error; nothing if it still runs."""
        try:
            exit_code = self._child.wait(timeout=1.0)  # its sockets close a moment before it ends
        except subprocess.TimeoutExpired:
            return ""
        self._logged.wait_end()
        lines = self._logged.text().strip().splitlines()
        return f" ({ended_how(exit_code)}{': ' + lines[-1] if lines else ''})"

    def end(self) -> None:
        """End the whole process group: also what a launcher script has started."""
        # Killed, not terminated: a shutdown that announces a thousand departures takes long.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        release(self._child.pid)
        for output in (self._said, self._logged):
            output.close()

    def _left_a_child(self) -> bool:
        try:
            os.killpg(self._child.pid, 0)
        except OSError:
            return False
        return True
