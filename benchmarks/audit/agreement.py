"""Measure servers with two independent load generators, in turns, and compare the results.

A load generator is part of what it measures: it waits, it wakes other processes, and it takes
times in its own way. The second generator (audit.c) counts marks in raw bytes where the first one
parses frames. If both give the same numbers, the numbers are the server's.

Every run has a fresh server process. The generators take turns, so their ratio is the median of the
ratios of pairs, with the range of 95 % of its bootstrap resamples. The generators agree if the
ratio is within 10 % of 1. They are apart if it is not, and the range leaves out 1. Otherwise more
processes are needed to tell.
"""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.cores import may_poll, pinned, two_cores
from benchmarks.deliveries import tally
from benchmarks.estimates import Interval, paired_ratio
from benchmarks.load import LoadError, run_load
from benchmarks.run_figures import figures
from benchmarks.server_process import server_command, serving
from benchmarks.toolchains import compile_c
from benchmarks.trust import judge
from benchmarks.workload import Workload, parse_address


__all__ = ["Both", "Cores", "Row", "Seen", "audit", "compared", "first", "second", "verdict"]

AGREED = 0.10  # how far from 1 the ratio of two generators may be

_SOURCE = Path(__file__).with_name("audit.c")
_RUN_S = 120.0

Cores = tuple[int, int] | None  # of the server and of the generator
Seen = tuple[float, float, float]  # µs per delivery; p50 and p99 of a delivery, in ms
Both = tuple[list[Seen], list[Seen]]  # what the first generator measured, and the second one
_NAMES = ("µs/delivery", "p50 ms", "p99 ms")


@dataclass(frozen=True)
class Row:
    """One number of one server: both medians over processes, and the ratio of the pairs."""

    server: str
    loop: str  # "closed" or "open"
    name: str
    first: float
    second: float
    ratio: Interval


def first(server: str, workload: Workload, cores: Cores) -> Seen:
    """Measure a fresh process of ``server`` with the generator that makes all published results.

    Raises:
        LoadError: the run could not be finished, or cannot be trusted.
        Unavailable: the server needs something that is missing here.
    """
    server_core, generator_core = cores or (None, None)
    with serving(server_command(server, workload), server_core) as (pid, address):
        account, samples = run_load(
            address, workload, pid=pid, core=generator_core, poll=may_poll(cores)
        )
    trusted, reason = judge(tally(samples, workload, behind=account.behind), account, workload)
    if trusted != "valid":
        raise LoadError(f"{trusted}: {reason}")
    found = figures(samples, workload)
    return found.cost_us, found.percentile_ms(50), found.percentile_ms(99)


def second(server: str, workload: Workload, cores: Cores) -> Seen:
    """Measure a fresh process of ``server`` with the second generator.

    Raises:
        LoadError: the run could not be finished.
        Unavailable: the server needs something that is missing here, or there is no C compiler.
    """
    server_core, generator_core = cores or (None, None)
    program = compile_c(_SOURCE)
    with serving(server_command(server, workload), server_core) as (_, address):
        host, port = parse_address(address)
        words = [host, port, workload.clients, workload.warmup_messages, workload.messages]
        words += [workload.payload_bytes, workload.rate_hz or 0]
        with pinned(generator_core):
            child = subprocess.Popen(
                [str(program), *map(str, words)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                process_group=0,
            )
        try:
            said, errors = child.communicate(timeout=_RUN_S)
        except subprocess.TimeoutExpired:
            raise LoadError(f"the second generator took more than {_RUN_S:g} s") from None
        finally:
            child.kill()
            child.wait()
    if child.returncode:
        raise LoadError(
            errors.strip() or f"the second generator ended with exit code {child.returncode}"
        )
    cost_us, p50_ms, p99_ms = map(float, said.split())
    return cost_us, p50_ms, p99_ms


def audit(
    servers: Sequence[str],
    workloads: Mapping[str, Workload],
    processes: int,
    say: Callable[[str], None],
    other: Callable[[str, Workload, Cores], Seen] | None = None,
) -> dict[tuple[str, str], Both]:
    """Measure each server under each workload with both generators; by server and workload.

    A run that fails, or cannot be trusted, is reported and repeated, at most as often as there are
    processes.

    Args:
        say: is called with one line for each run.
        other: measures with the second generator; None: `second`.

    Raises:
        Unavailable: a server needs something that is missing here, or there is no C compiler.
    """
    cores, other = two_cores(), other or second
    seen: dict[tuple[str, str], Both] = defaultdict(lambda: ([], []))
    for turn in range(2 * processes):
        for name, workload in workloads.items():
            for server in servers:
                both = seen[server, name]
                # The order changes each turn, so a machine that warms up favours neither.
                order = ((0, first), (1, other)) if turn % 2 else ((1, other), (0, first))
                for place, generator in order:
                    if len(both[place]) == processes:
                        continue
                    try:
                        both[place].append(generator(server, workload, cores))
                        _, p50_ms, p99_ms = both[place][-1]
                        result = f"p50 {p50_ms:.2f} p99 {p99_ms:.2f} ms"
                    except LoadError as error:
                        result = str(error)
                    done = f"{len(both[place])}/{processes}"
                    say(f"  {name} {server}, {generator.__name__} {done}: {result}")
    return dict(seen)


def compared(seen: Mapping[tuple[str, str], Both]) -> Iterator[Row]:
    """Yield a row for each number that both generators have measured."""
    for (server, loop), both in seen.items():
        pairs = min(map(len, both))
        if not pairs:
            continue
        for place, name in enumerate(_NAMES):
            if loop == "open" and not place:
                continue  # in an open loop the rate decides the cost
            ours, theirs = ([run[place] for run in runs] for runs in both)
            medians = float(np.median(ours)), float(np.median(theirs))
            yield Row(server, loop, name, *medians, paired_ratio(ours[:pairs], theirs[:pairs]))


def verdict(ratio: Interval) -> str:
    """Return whether two generators agree: ``agree``, ``apart`` or ``cannot tell``."""
    if abs(ratio.middle - 1) <= AGREED:
        return "agree"
    return "cannot tell" if ratio.holds(1.0) else "apart"
