"""One run: a load generator plays a workload against a server, and both are watched from outside.

The generator is a process of its own (generator.c, or generator.py where that cannot be built).
It stops between its phases, so that the server is looked at when nothing is going on.

Invariants:
  1. Whatever ends a run, the generator has ended too.
  2. The server is only looked at through the system: it need not know that it is measured.
"""

from __future__ import annotations

import os
import resource
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.procfs import Spent, Usage, open_files, rss_bytes, tasks
from benchmarks.samples import Samples, read_samples
from benchmarks.syscalls import counting_syscalls
from benchmarks.toolchains import Unavailable, compile_c
from benchmarks.workload import Workload, plan
from conformance.python import module_command


__all__ = ["Account", "LoadError", "Moment", "generator_command", "raise_file_limit", "run_load"]

CONNECT_S = 420.0  # thousands of clients are announced to thousands
DRAIN_S = 10.0  # for what is still on its way when an open loop has said all
SETTLE_S = 0.3  # after connecting and before anything is read of an idle server
MOMENT_S = 0.1  # between two looks at a server under load
PATIENCE_S = 2.0  # nothing at all came for this long: it will not
STALL_PATIENCE_S = 15.0  # under the policy block all wait for who stalls, until its write times out
_SPARE_FILES = 64
_SPARE_S = 10.0
_SOURCE = Path(__file__).with_name("generator.c")


class LoadError(Exception):
    """The run could not be finished; the text is one line for a person."""


@dataclass(frozen=True)
class Moment:
    """A look at the server under load."""

    after_s: float  # since the first counted message
    rss_bytes: int
    # A client that it has cut off is one fewer, though that client, which reads nothing, never
    # hears of it: what was sent before the goodbye fills its socket.
    open_files: int | None = None


@dataclass(frozen=True)
class Account:
    """What was used in one run. None where the system does not tell."""

    generator: str  # "c" or "python"
    behind: bool  # the server had not delivered everything DRAIN_S after the last message
    connect_s: float
    counted_s: float  # from the first counted message until the last delivery
    generator_busy_s: float  # when it did not wait; this to `syscalls` over the counted messages
    server_cpu_s: float | None
    generator_crowding: float | None  # share of the time other programs may have held it up
    server_crowding: float | None
    context_switches: int | None  # of the server, asked for or not
    syscalls: int | None  # of the server; counting them costs time, so only where asked for
    tasks: int | None  # threads of the server with all clients there
    rss_before_bytes: int | None  # of the server: before the first client,
    rss_idle_bytes: int | None  # with all of them there and nothing being said,
    rss_after_bytes: int | None  # and after the last message
    idle_cpu_s: float | None  # over Workload.idle_s, with nobody speaking, as is the next
    idle_wakeups: int | None  # times that the server had waited and then ran
    moments: tuple[Moment, ...] = ()  # looks at it under load, where clients stall or churn
    received_bytes: int | None = None  # by the clients, over the counted messages
    # Share of what came that the generator found waiting with that of a 64th of all clients or
    # more: it read so much later than it came that the times are partly its own.
    generator_queued: float | None = None

    @property
    def crowding(self) -> float:
        """Share of the time for which other programs held up whoever of the two fared worse."""
        return max(self.generator_crowding or 0.0, self.server_crowding or 0.0)


def generator_command(kind: str = "") -> tuple[str, list[str]]:
    """Return which generator runs, ``c`` or ``python``, and the command that starts it.

    ``kind`` demands one; without, it is ``HUBBUB_GENERATOR`` or the fastest that can be had.

    Raises:
        LoadError: the one demanded cannot be had.
    """
    kind = kind or os.environ.get("HUBBUB_GENERATOR", "")
    if kind not in ("", "c", "python"):
        raise LoadError(f"HUBBUB_GENERATOR must be c or python, not {kind!r}")
    if kind != "python" and (sys.platform == "linux" or kind == "c"):
        try:
            return "c", [str(compile_c(_SOURCE))]
        except Unavailable as error:
            if kind == "c":
                raise LoadError(str(error)) from error
    return "python", module_command("benchmarks.generator")


def raise_file_limit(clients: int) -> None:
    """Let this process, and those it starts, hold ``clients`` connections and some files more.

    Raises:
        LoadError: the system's hard limit is lower.
    """
    needed = clients + _SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise LoadError(f"{clients} clients need {needed} open files, and the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def run_load(
    address: str,
    workload: Workload,
    *,
    pid: int,
    core: int | None = None,
    poll: bool = False,
    syscalls: bool = False,
    patience_s: float | None = None,
    drain_s: float = DRAIN_S,
    command: tuple[str, list[str]] | None = None,
) -> tuple[Account, Samples]:
    """Play ``workload`` against the server ``pid`` at ``address``; return what it cost and saw.

    The generator runs on ``core``; with ``poll`` it never sleeps there, so that the server has
    nobody to wake: for a core that it has to itself. Raises:
        LoadError: a client was refused or cut off, or the time is up.
    """
    raise_file_limit(workload.clients)
    if patience_s is None:
        patience_s = STALL_PATIENCE_S if workload.stalled_clients else PATIENCE_S
    kind, start = command or generator_command()
    with tempfile.TemporaryDirectory() as folder:
        planned, found = Path(folder) / "plan", Path(folder) / "samples"
        planned.write_text("".join(f"{a} {b} {c}\n" for a, b, c in plan(workload)))
        flags = {
            "--ws": address,
            "--plan": planned,
            "--samples": found,
            "--clients": workload.clients,
            "--speakers": workload.speakers,
            "--payload-bytes": workload.payload_bytes,
            "--stalled": workload.stalled_clients,
            "--stall-after": workload.stall_after_s,
            "--churn-hz": workload.churn_hz,
            "--patience": patience_s,
            "--drain": drain_s,
            "--deadline": CONNECT_S,
            "--poll": int(poll),
        }
        words = [str(word) for pair in flags.items() for word in pair]
        with _Generator([*start, *words], core) as generator:
            account = _watch(generator, kind, pid, workload, syscalls)
        try:
            return account, read_samples(found)
        except (OSError, ValueError) as error:
            raise LoadError(f"the generator left nothing to read: {error}") from error


def _watch(
    generator: _Generator, kind: str, pid: int, workload: Workload, syscalls: bool
) -> Account:
    rss_before_bytes = rss_bytes(pid)
    began_s = time.monotonic()
    generator.wait_for("connected", CONNECT_S + _SPARE_S)
    connect_s = time.monotonic() - began_s
    time.sleep(max(SETTLE_S, workload.idle_s / 4))
    idle_began = Usage.of(pid)
    time.sleep(workload.idle_s)
    idle = Spent.between(idle_began, Usage.of(pid)) if workload.idle_s else None
    rss_idle_bytes, task_count = rss_bytes(pid), tasks(pid)
    generator.go_on()
    generator.wait_for("warm", CONNECT_S + _SPARE_S)
    with counting_syscalls(pid if syscalls else None) as counted:
        server_began, generator_began = Usage.of(pid), Usage.of(generator.pid)
        with _moments(pid if workload.stalled_clients or workload.churn_hz else None) as moments:
            generator.go_on()
            generator.wait_for("counted", CONNECT_S + _SPARE_S)
        generator_spent = Spent.between(generator_began, Usage.of(generator.pid))
        server = Spent.between(server_began, Usage.of(pid))
    rss_after_bytes = rss_bytes(pid)
    generator.go_on()
    done = generator.wait_for("done", CONNECT_S + _SPARE_S)
    _, counted_s, generator_busy_s, generator_queued, received_bytes, how = done
    return Account(
        generator=kind,
        behind=how == "behind",
        connect_s=connect_s,
        counted_s=float(counted_s),
        generator_busy_s=float(generator_busy_s),
        server_cpu_s=server.cpu_s,
        generator_crowding=generator_spent.crowding,
        server_crowding=server.crowding,
        context_switches=server.switches,
        syscalls=counted.total,
        tasks=task_count,
        rss_before_bytes=rss_before_bytes,
        rss_idle_bytes=rss_idle_bytes,
        rss_after_bytes=rss_after_bytes,
        idle_cpu_s=idle.cpu_s if idle else None,
        idle_wakeups=idle.wakeups if idle else None,
        moments=tuple(moments),
        received_bytes=int(received_bytes),
        generator_queued=float(generator_queued),
    )


@contextmanager
def _moments(pid: int | None) -> Iterator[list[Moment]]:
    """Look at the server every `MOMENT_S` until the end of the body; never where it is None.

    A look is not free: to list a thousand open files takes milliseconds of somebody's processor.
    """
    moments: list[Moment] = []
    if pid is None:
        yield moments
        return
    ended = threading.Event()
    began_s = time.monotonic()

    def look() -> None:
        while not ended.wait(MOMENT_S):
            resident = rss_bytes(pid)
            if resident is not None:
                after_s = round(time.monotonic() - began_s, 3)
                moments.append(Moment(after_s, resident, open_files(pid)))

    watcher = threading.Thread(target=look, name="watcher")
    watcher.start()
    try:
        yield moments
    finally:
        ended.set()
        watcher.join()


class _Generator:
    """The generator's process, and the words that it stops at."""

    def __init__(self, command: Sequence[str], core: int | None) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        with pinned(core):
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                process_group=0,
            )
        self.pid = self._child.pid
        self._heard = b""

    def __enter__(self) -> _Generator:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.communicate()
        self._errors.close()

    def go_on(self) -> None:
        """Let it begin its next phase."""
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(b"\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; who waits for its next word is told why

    def wait_for(self, word: str, within_s: float) -> list[str]:
        """Wait for the line that begins with ``word``, and return its words.

        Raises:
            LoadError: it ended, or said nothing.
        """
        assert self._child.stdout is not None
        deadline_s = time.monotonic() + within_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            while b"\n" not in self._heard:
                if not selector.select(max(0.0, deadline_s - time.monotonic())):
                    raise LoadError("the load generator hangs")
                octets = os.read(self._child.stdout.fileno(), 4096)
                if not octets:
                    raise LoadError(self._last_words())
                self._heard += octets
        line, _, self._heard = self._heard.partition(b"\n")
        words = line.decode().split()
        if words[:1] != [word]:
            raise LoadError(f"the load generator said {line!r} where {word!r} was due")
        return words

    def _last_words(self) -> str:
        self._child.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        if not lines:
            return f"the load generator ended with {self._child.returncode}"
        return lines[-1].removeprefix("generator: ")


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
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
