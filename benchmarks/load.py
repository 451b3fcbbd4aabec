"""One run: a load generator plays a workload against a server, and both are watched from outside.

Invariants:
  1. Whatever ends a run, the generator has ended too.
  2. The server is observed through the system alone: it need not know that it is measured.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generator.process import (
    GeneratorProcess,
    LoadError,
    generator_command,
    raise_file_limit,
)
from benchmarks.procfs import Spent, Usage, open_files, rss_bytes, tasks
from benchmarks.samples import Samples, read_samples
from benchmarks.syscalls import counting_syscalls
from benchmarks.workload import Workload, plan


__all__ = ["Account", "LoadError", "Moment", "run_load"]

CONNECT_S = 420.0  # thousands of arrivals are announced to thousands of clients
DRAIN_S = 10.0  # how long an open loop waits for deliveries after its last message
SETTLE_S = 0.3  # from the last connection to the first look at the idle server
MOMENT_S = 0.1  # between two looks at a server under load
PATIENCE_S = 2.0  # if nothing at all came for this long, the rest will not come
STALL_PATIENCE_S = 15.0  # with the policy block, all clients wait until a stalled write times out
_SPARE_S = 10.0


@dataclass(frozen=True)
class Moment:
    """One look at the server under load."""

    after_s: float  # since the first counted message
    rss_bytes: int
    # One fewer for each client that the server has cut off. The client itself reads nothing, so it
    # never receives the goodbye: the data sent before it fills the client's socket.
    open_files: int | None = None


@dataclass(frozen=True)
class Account:
    """What one run used. A number is None if the system does not tell it."""

    generator: str  # "c" or "python"
    behind: bool  # some messages were still missing DRAIN_S after the last one
    connect_s: float
    counted_s: float  # from the first counted message until the last delivery
    generator_busy_s: float  # when it did not wait; this to `syscalls`: over the counted messages
    server_cpu_s: float | None
    generator_crowding: float | None  # share of the time that other programs may have taken
    server_crowding: float | None
    context_switches: int | None  # of the server, voluntary or not
    syscalls: int | None  # of the server; only on demand, because counting them costs time
    tasks: int | None  # threads of the server when all clients are connected
    rss_before_bytes: int | None  # the server's memory: before the first client,
    rss_idle_bytes: int | None  # when all clients are connected and silent,
    rss_after_bytes: int | None  # and after the last message
    idle_cpu_s: float | None  # during Workload.idle_s, when no client speaks
    idle_wakeups: int | None  # during the same time: how often the server waited and then ran
    moments: tuple[Moment, ...] = ()  # looks under load; only if clients stall or churn
    received_bytes: int | None = None  # by the clients, over the counted messages
    # Share of the sockets that the generator found readable together with a 64th of all clients or
    # more. It reads those so late that the times are partly its own.
    generator_queued: float | None = None

    @property
    def crowding(self) -> float:
        """The share of the time that other programs took from the server or from the generator.

        The larger of the two shares.
        """
        return max(self.generator_crowding or 0.0, self.server_crowding or 0.0)


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
    """Play ``workload`` against the server ``pid`` at ``address``; return its cost and its samples.

    The generator runs on ``core``. With ``poll`` it never sleeps, so the server never spends time
    on waking it: only for a core that the generator has for itself.

    Raises:
        LoadError: a client was refused or cut off, or the deadline has passed.
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
        with GeneratorProcess([*start, *words], core) as generator:
            account = _watch(generator, kind, pid, workload, syscalls)
        try:
            return account, read_samples(found)
        except (OSError, ValueError) as error:
            raise LoadError(f"the generator's samples cannot be read: {error}") from error


def _watch(
    generator: GeneratorProcess, kind: str, pid: int, workload: Workload, syscalls: bool
) -> Account:
    """Step the generator through its phases, and read what the server uses between them."""
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
    """Look at the server every `MOMENT_S` until the body ends; never if ``pid`` is None.

    A look costs time: listing a thousand open files takes milliseconds of a processor.
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
