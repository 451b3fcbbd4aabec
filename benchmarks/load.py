"""The load generator: one speaker and many listeners against one server, in a process of its own.

    python -m benchmarks.load --ws HOST:PORT --pid PID --samples FILE

prints one JSON object on standard output (`LoadReport`) and writes the raw samples to FILE:
signed 64-bit integers of this machine, ``messages`` rows of ``clients`` columns, each the
nanoseconds from just before the send of that message to its receipt by that client (-1: not
received before the next message left). Clients are numbered in the order they connected; 0 speaks.

Invariants:
  1. No message leaves before everyone has the last one, or nothing has come for ``patience_s``.
  2. Whatever is said after the last client has connected is accounted for, warm-up included;
     a last line that is not counted proves that nothing came twice, or late, behind the rest.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import sys
import time
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.audience import Audience, LoadError
from benchmarks.procfs import Spent, Usage, rss_bytes
from benchmarks.workload import BASELINE, Verdict, Workload


__all__ = [
    "DEADLINE_S",
    "MAX_GENERATOR_SHARE",
    "MIN_MESSAGES",
    "LoadReport",
    "judge",
    "main",
    "parse_address",
    "raise_file_limit",
    "run_load",
]

DEADLINE_S = 120.0  # for one run, connecting included
MIN_MESSAGES = 30  # fewer say nothing about a server
MAX_GENERATOR_SHARE = 0.95  # of one processor; a generator that never waits may be the limit
MAX_CROWDING = 0.1  # above this other programs, and not the server, made the time
_PATIENCE_S = 2.0
_MAX_INCOMPLETE_MESSAGES = 5  # the run is void by then and goes no further
_SPARE_FILES = 64
_SUMMARY = "One speaker and many listeners against one WebSocket server that broadcasts."


@dataclass(frozen=True)
class LoadReport:
    """The generator's account of one run. None where the system does not tell."""

    verdict: Verdict
    reason: str  # empty when valid
    expected: int  # deliveries owed, warm-up included
    lost: int
    duplicated: int
    reordered: int
    unexpected: int  # texts that are none of ours, or not as we said them
    connect_s: float
    counted_s: float
    generator_cpu_s: float | None  # this and the next three over the counted messages alone
    server_cpu_s: float | None
    generator_crowding: float | None  # share of the time other programs may have held it up
    server_crowding: float | None
    rss_before_bytes: int | None  # of the server: before the first client,
    rss_idle_bytes: int | None  # with all of them there and nothing being said,
    rss_after_bytes: int | None  # and after the last message

    @property
    def crowding(self) -> float:
        """Share of the time for which other programs held up whoever of the two fared worse."""
        return max(self.generator_crowding or 0.0, self.server_crowding or 0.0)


def judge(
    *,
    messages: int,
    lost: int,
    duplicated: int,
    reordered: int,
    unexpected: int,
    generator_share: float,
    crowding: float,
) -> tuple[Verdict, str]:
    """Say whether a run may be believed, and if not, why.

    ``generator_share`` is what the generator used of one processor while it counted, and
    ``crowding`` how long other programs held it or the server up; both 0 to 1.
    """
    faults = [
        f"{count} {what}"
        for count, what in (
            (lost, "lost"),
            (duplicated, "delivered twice"),
            (reordered, "out of order"),
            (unexpected, "never sent"),
        )
        if count
    ]
    if faults:
        return "invalid", "deliveries: " + ", ".join(faults)
    if messages < MIN_MESSAGES:
        return "unknown", f"{messages} messages are too few (at least {MIN_MESSAGES})"
    if crowding > MAX_CROWDING:
        return "unknown", f"other programs took the processor {crowding:.0%} of the time"
    if generator_share > MAX_GENERATOR_SHARE:
        return "unknown", f"the generator was busy {generator_share:.0%} of the time"
    return "valid", ""


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
    address: tuple[str, int],
    workload: Workload,
    *,
    pid: int,
    patience_s: float = _PATIENCE_S,
    deadline_s: float = DEADLINE_S,
) -> tuple[LoadReport, array[int]]:
    """Run ``workload`` against the server at ``address``; return the account and the raw samples.

    ``pid`` is the server's process, whose memory and processor time are read from outside. A
    message that is not complete when nothing has come for ``patience_s`` is left behind, and
    what is missing counts as lost.

    Raises:
        LoadError: a connection was refused or ended, or ``deadline_s`` have passed.
    """
    raise_file_limit(workload.clients)
    rss_before_bytes = rss_bytes(pid)
    began_s = time.monotonic()
    with Audience(workload.payload_bytes, deadline_s) as audience:
        audience.connect(address, workload.clients)
        connect_s = time.monotonic() - began_s
        rss_idle_bytes = rss_bytes(pid)
        first = audience.sequence + 1
        _say(audience, workload.warmup_messages, patience_s)
        generator_began, server_began = Usage.of(os.getpid()), Usage.of(pid)
        samples_ns = _say(audience, workload.messages, patience_s)
        generator = Spent.between(generator_began, Usage.of(os.getpid()))
        server = Spent.between(server_began, Usage.of(pid))
        rss_after_bytes = rss_bytes(pid)
        last = audience.sequence
        _say(audience, 1, patience_s)
        lost = audience.lost(first, last)
    verdict, reason = judge(
        messages=workload.messages,
        lost=lost,
        duplicated=audience.duplicated,
        reordered=audience.reordered,
        unexpected=audience.unexpected,
        generator_share=(generator.cpu_s or 0.0) / generator.clock_s,
        crowding=max(generator.crowding or 0.0, server.crowding or 0.0),
    )
    report = LoadReport(
        verdict=verdict,
        reason=reason,
        expected=workload.clients * (last - first + 1),
        lost=lost,
        duplicated=audience.duplicated,
        reordered=audience.reordered,
        unexpected=audience.unexpected,
        connect_s=connect_s,
        counted_s=generator.clock_s,
        generator_cpu_s=generator.cpu_s,
        server_cpu_s=server.cpu_s,
        generator_crowding=generator.crowding,
        server_crowding=server.crowding,
        rss_before_bytes=rss_before_bytes,
        rss_idle_bytes=rss_idle_bytes,
        rss_after_bytes=rss_after_bytes,
    )
    return report, samples_ns


def parse_address(address: str) -> tuple[str, int]:
    """Split ``HOST:PORT`` or ``[HOST]:PORT``.

    Raises:
        ValueError: it is neither.
    """
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdigit()):
        raise ValueError(f"not HOST:PORT: {address!r}")
    return host.strip("[]"), int(port)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one load from the command line; 0 when it was finished, whatever its verdict."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=_SUMMARY)
    parser.add_argument("--ws", type=parse_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--samples", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--pid", type=int, required=True, help="the server's process, to watch what it uses"
    )
    parser.add_argument("--deadline", type=float, default=DEADLINE_S, metavar="S")
    parser.add_argument("--clients", type=int, default=BASELINE.clients)
    parser.add_argument("--messages", type=int, default=BASELINE.messages)
    parser.add_argument("--warmup-messages", type=int, default=BASELINE.warmup_messages)
    parser.add_argument("--payload-bytes", type=int, default=BASELINE.payload_bytes)
    options = parser.parse_args(arguments)
    # A collection in the generator would be measured as a slow server. A run makes no cycles.
    gc.disable()
    try:
        workload = Workload(
            clients=options.clients,
            messages=options.messages,
            warmup_messages=options.warmup_messages,
            payload_bytes=options.payload_bytes,
            processes=1,
        )
        report, samples_ns = run_load(
            options.ws, workload, pid=options.pid, deadline_s=options.deadline
        )
        with options.samples.open("wb") as file:
            samples_ns.tofile(file)
    except (LoadError, ValueError, OSError) as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(report)))
    return 0


def _say(audience: Audience, messages: int, patience_s: float) -> array[int]:
    """Say ``messages`` lines, each when the last is complete or given up; return the samples."""
    samples_ns = array("q")
    incomplete = 0
    for _ in range(messages):
        sent_ns = audience.say()
        incomplete += not audience.hear(patience_s)
        samples_ns.extend(ns - sent_ns if ns else -1 for ns in audience.received_ns)
        if incomplete == _MAX_INCOMPLETE_MESSAGES:
            break
    return samples_ns


if __name__ == "__main__":
    sys.exit(main())
