"""The two processes of a run, the server and the load generator: started, pinned, ended.

Both are in process groups of their own, so that a Ctrl-C reaches only whoever started them, who
ends them by their ids: leaving `serving` or `generate`, for whatever reason, ends the child.
"""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from benchmarks.audience import LoadError
from benchmarks.load import DEADLINE_S, LoadReport
from benchmarks.peers import PEERS
from benchmarks.workload import Workload


__all__ = ["generate", "serving"]

_READY = re.compile(r"\bready\b.*\bws=(\S+)")
_READY_S = 20.0
_SPARE_S = 30.0  # for the generator to start, and to say that it met its own deadline


@contextmanager
def serving(server: str, core: int | None) -> Iterator[tuple[int, str]]:
    """Start ``server`` on ``core``; give its process and the address of its WebSocket door.

    Raises:
        LoadError: it does not start, or the body raised one; with its last words.
    """
    if server in PEERS:
        command = [sys.executable, "-m", PEERS[server], "--ws", "127.0.0.1:0"]
    else:
        command = [sys.executable, "-m", "hubbub", "serve", server]
        command += ["--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0", "--log-level", "WARNING"]
    # Only the defaults are measured, whatever the shell is set to.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_")}
    with tempfile.TemporaryFile() as errors:
        with _pinned(core):
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
            # Not asked politely: to announce so many departures is another measurement.
            child.kill()
            child.communicate()


def generate(
    pid: int, address: str, workload: Workload, core: int | None
) -> tuple[LoadReport, NDArray[np.int64]]:
    """Run the load generator on ``core`` against the server ``pid`` at ``address``.

    Returns its account, and its samples in ns: a row a message, a column a recipient.

    Raises:
        LoadError: it could not finish.
    """
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples"
        command = [sys.executable, "-m", "benchmarks.load", "--ws", address, "--pid", str(pid)]
        command += ["--samples", str(samples), "--clients", str(workload.clients)]
        command += ["--messages", str(workload.messages)]
        command += ["--warmup-messages", str(workload.warmup_messages)]
        command += ["--payload-bytes", str(workload.payload_bytes)]
        try:
            with _pinned(core):
                generator = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=DEADLINE_S + _SPARE_S,
                    process_group=0,
                )
        except subprocess.TimeoutExpired as error:
            raise LoadError("the load generator hangs") from error
        if generator.returncode:
            words = generator.stderr.strip().splitlines() or ["no word"]
            raise LoadError(words[-1].removeprefix("load: "))
        report = LoadReport(**json.loads(generator.stdout))
        samples_ns = np.fromfile(samples, dtype=np.int64)
    return report, samples_ns.reshape(-1, workload.clients)


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
    """Return how a child that has ended did so, to be put behind an error; nothing if it runs."""
    try:
        exit_code = child.wait(timeout=1.0)  # its sockets close a moment before it has ended
    except subprocess.TimeoutExpired:
        return ""
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return f" (exit code {exit_code}{': ' + lines[-1] if lines else ''})"


@contextmanager
def _pinned(core: int | None) -> Iterator[None]:
    """Start children on ``core``: a child has the cores its parent's thread had when it began."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
