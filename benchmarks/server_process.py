"""A server's process: started on its core, asked for its address, ended.

The child has a process group of its own, so a Ctrl-C on the terminal does not reach it. Leaving
`serving`, for whatever reason, ends the child by its id.
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from benchmarks.cores import pinned
from benchmarks.load import LoadError
from benchmarks.peers import PEERS
from benchmarks.workload import MAX_LINE_BYTES, Workload
from conformance.python import module_command
from implementations.servers import SERVERS


__all__ = ["is_ours", "server_command", "serving"]

_READY = re.compile(r"\bready\b.*\bws=(\S+)")
_READY_S = 20.0
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
        if not any("{ws}" in part for part in command):
            command = [*command, "--ws", "{ws}"]
        command = [part.replace("{ws}", _ANY_PORT) for part in command]
    else:
        command = module_command("hubbub", "serve", server)
        command += ["--tcp", _ANY_PORT, "--ws", _ANY_PORT, "--log-level", "WARNING"]
    if is_ours(server):
        if workload.payload_bytes > MAX_LINE_BYTES - _ROOM_BYTES:
            command += ["--max-line", str(workload.payload_bytes + _ROOM_BYTES)]
        if workload.slow_consumer != Workload().slow_consumer:
            command += ["--slow-consumer", workload.slow_consumer]
    return command


@contextmanager
def serving(command: Sequence[str], core: int | None) -> Iterator[tuple[int, str]]:
    """Start a server on ``core``; give its process id and the address of its WebSocket door.

    Raises:
        LoadError: the server does not start, or the body raised one; the text ends with the
            server's exit code and its last line on standard error.
    """
    # The defaults are measured, whatever HUBBUB_* variables the shell has set.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_")}
    with tempfile.TemporaryFile() as errors:
        with pinned(core):
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                process_group=0,
            )
        try:
            yield child.pid, _ready_address(child)
        except LoadError as error:
            raise LoadError(f"{error}{_last_words(child, errors)}") from error
        finally:
            # Killed, not terminated: a shutdown that announces a thousand departures takes long.
            child.kill()
            child.communicate()


def _ready_address(child: subprocess.Popen[bytes]) -> str:
    assert child.stdout is not None
    said = b""
    deadline = time.monotonic() + _READY_S
    while b"\n" not in said:
        remaining_s = max(0.0, deadline - time.monotonic())
        if not select.select([child.stdout], [], [], remaining_s)[0]:
            raise LoadError(f"the server was not ready after {_READY_S:g} s")
        heard = os.read(child.stdout.fileno(), 4096)
        if not heard:
            raise LoadError("the server did not start")
        said += heard
    ready = _READY.search(said.decode(errors="replace"))
    if ready is None:
        raise LoadError("the server's first line is not 'ready … ws=HOST:PORT'")
    return ready[1]


def _last_words(child: subprocess.Popen[bytes], errors: IO[bytes]) -> str:
    """Return how a child has ended, to append to an error; nothing if it still runs."""
    try:
        exit_code = child.wait(timeout=1.0)  # its sockets close a moment before it ends
    except subprocess.TimeoutExpired:
        return ""
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return f" (exit code {exit_code}{': ' + lines[-1] if lines else ''})"
