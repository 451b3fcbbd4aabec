"""Do two generators see the same? Servers are measured by both, in turns, and the ratios are told.

    python -m benchmarks.audit                        five servers, about 15 minutes
    python -m benchmarks.audit trio-mutex --processes 9

A load generator is part of what it measures: it waits, wakes others and takes times in ways of its
own. So there is a second one (audit.c), which counts marks in raw bytes where the first parses
frames. What both agree on is the server's.

Each run is of a fresh process of the server. The two measure in turns, so a ratio is the median of
those of the pairs, with 95 % of bootstrap resamples. They agree where it is within 10 % of 1, and
are apart where it is not and the interval leaves out 1; in between more processes are needed.

Exit code: 0, nothing is apart; 1, something is, or was not measured; 2, misuse, or something is
missing; 130, Ctrl-C.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import measure
from benchmarks.deliveries import judge, tally
from benchmarks.environment import Environment, may_poll, two_cores
from benchmarks.figures import figures
from benchmarks.files import replace_file
from benchmarks.load import LoadError, pinned, raise_file_limit, run_load
from benchmarks.measure import Interval
from benchmarks.peers import PEERS
from benchmarks.processes import server_command, serving
from benchmarks.table import ratio_text
from benchmarks.toolchains import Unavailable, compile_c
from benchmarks.workload import Workload, parse_address
from implementations.servers import SERVERS


__all__ = ["Row", "Seen", "audit", "first", "main", "second", "told", "verdict"]

FIVE = ("asyncio-direct", "trio-direct", "threads-direct", "asyncio-broadcaster", "go-gorilla")
AGREED = 0.10  # how far apart two generators may be

_SOURCE = Path(__file__).with_name("audit.c")
_RUN_S = 120.0
_MESSAGES = 600  # the p99 of fewer is that of one or two messages

Cores = tuple[int, int] | None  # of the server and of the generator
Seen = tuple[float, float, float]  # µs a delivery; median and 99th percentile of a delivery, in ms
Both = tuple[list[Seen], list[Seen]]  # what the first generator saw, and what the second did
_NAMES = ("µs/delivery", "p50 ms", "p99 ms")


@dataclass(frozen=True)
class Row:
    """One number of one server, as both saw it: medians over processes, and the pairs' ratio."""

    server: str
    loop: str  # "closed" or "open"
    name: str
    first: float
    second: float
    ratio: Interval


def first(server: str, workload: Workload, cores: Cores) -> Seen:
    """Measure a fresh process of ``server`` with the generator that all results come from.

    Raises:
        LoadError: the run could not be finished, or may not be believed.
        Unavailable: the server cannot be had.
    """
    server_core, generator_core = cores or (None, None)
    with serving(server_command(server, workload), server_core) as (pid, address):
        account, samples = run_load(
            address, workload, pid=pid, core=generator_core, poll=may_poll(cores)
        )
    may, reason = judge(tally(samples, workload, behind=account.behind), account, workload)
    if may != "valid":
        raise LoadError(f"{may}: {reason}")
    found = figures(samples, workload)
    return found.cost_us, found.percentile_ms(50), found.percentile_ms(99)


def second(server: str, workload: Workload, cores: Cores) -> Seen:
    """Measure a fresh process of ``server`` with the other one.

    Raises:
        LoadError: the run could not be finished.
        Unavailable: the server, or a C compiler, cannot be had.
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
        raise LoadError(errors.strip() or f"the second generator ended with {child.returncode}")
    cost_us, p50_ms, p99_ms = map(float, said.split())
    return cost_us, p50_ms, p99_ms


def audit(
    servers: Sequence[str],
    workloads: Mapping[str, Workload],
    processes: int,
    say: Callable[[str], None],
) -> dict[tuple[str, str], Both]:
    """Measure each server under each workload with both, in turns; by server and workload.

    ``say`` is given a line for each run. A run that fails, or may not be believed, is named and
    made up for, at most as many times as there are processes.

    Raises:
        Unavailable: a server or a C compiler cannot be had.
    """
    cores = two_cores()
    seen: dict[tuple[str, str], Both] = defaultdict(lambda: ([], []))
    for turn in range(2 * processes):
        for name, workload in workloads.items():
            for server in servers:
                both = seen[server, name]
                # Neither always follows the other: a machine that warms up favours nobody.
                order = ((0, first), (1, second)) if turn % 2 else ((1, second), (0, first))
                for place, generator in order:
                    if len(both[place]) == processes:
                        continue
                    try:
                        both[place].append(generator(server, workload, cores))
                        _, p50_ms, p99_ms = both[place][-1]
                        came = f"p50 {p50_ms:.2f} p99 {p99_ms:.2f} ms"
                    except LoadError as error:
                        came = str(error)
                    done = f"{len(both[place])}/{processes}"
                    say(f"  {name} {server}, {generator.__name__} {done}: {came}")
    return dict(seen)


def told(seen: Mapping[tuple[str, str], Both]) -> Iterator[Row]:
    """Yield a row for each number that both have seen."""
    for (server, loop), both in seen.items():
        pairs = min(map(len, both))
        if not pairs:
            continue
        for place, name in enumerate(_NAMES):
            if loop == "open" and not place:
                continue  # there the rate decides it
            ours, theirs = ([run[place] for run in runs] for runs in both)
            medians = float(np.median(ours)), float(np.median(theirs))
            yield Row(
                server, loop, name, *medians, measure.paired_ratio(ours[:pairs], theirs[:pairs])
            )


def verdict(ratio: Interval) -> str:
    """Say whether two generators that are apart by ``ratio`` see the same."""
    if abs(ratio.middle - 1) <= AGREED:
        return "agree"
    return "cannot tell" if ratio.holds(1.0) else "apart"


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit from the command line, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.audit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("servers", nargs="*", metavar="ID", help=f"default: {' '.join(FIVE)}")
    for flag, default, what in (
        ("--processes", 5, "fresh ones for each generator (default: 5)"),
        ("--clients", 1000, "in the room (default: 1000)"),
        ("--rate", 100, "messages a second of the open loop, 0: none (default: 100)"),
    ):
        parser.add_argument(flag, type=int, default=default, metavar="N", help=what)
    parser.add_argument("--output", type=Path, metavar="FILE", help="keep the table there too")
    chosen = parser.parse_args(arguments)
    known = [*(server.id for server in SERVERS), *PEERS]
    try:
        if unknown := [server for server in chosen.servers if server not in known]:
            raise ValueError(f"there is no server {', '.join(unknown)} (known: {' '.join(known)})")
        if min(chosen.processes, chosen.clients, chosen.rate + 1) < 1:
            raise ValueError("--processes and --clients must be at least 1, --rate at least 0")
        raise_file_limit(chosen.clients)
        closed = Workload(clients=chosen.clients, messages=_MESSAGES)
        workloads = {"closed": closed}
        if chosen.rate:
            workloads["open"] = replace(closed, rate_hz=float(chosen.rate))
        servers = chosen.servers or FIVE
        seen = audit(servers, workloads, chosen.processes, lambda line: print(line, flush=True))
        rows = list(told(seen))
        missing = [f"{server} ({loop})" for (server, loop), both in seen.items() if not all(both)]
        table = _table(rows, missing, chosen.processes, chosen.clients, chosen.rate)
        print(f"\n{table}")
        if chosen.output:
            replace_file(chosen.output, f"{table}\n".encode())
    except (ValueError, LoadError, Unavailable) as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"audit: cannot write {chosen.output}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if missing or any(verdict(row.ratio) == "apart" for row in rows) else 0


def _table(
    rows: Sequence[Row], missing: Sequence[str], processes: int, clients: int, rate_hz: int
) -> str:
    here = Environment.here(two_cores(), "c")
    lines = [
        f"{clients:,} clients; closed loop{f', and {rate_hz} messages/s' if rate_hz else ''}; "
        f"medians of {processes} fresh processes, ratios of their pairs",
        f"{here.date[:10]}, {here.cpu}, {here.cores} cores, {here.kernel}, {here.python}",
        "",
        f"{'server':20}{'loop':8}{'':12}{'first':>8}{'second':>8}  {'ratio':17}",
    ]
    lines += [
        f"{row.server:20}{row.loop:8}{row.name:12}{row.first:8.2f}{row.second:8.2f}  "
        f"{ratio_text(row.ratio):17}{verdict(row.ratio)}"
        for row in rows
    ]
    lines += ["", *(f"not measured: {one}" for one in missing)]
    verdicts = [verdict(row.ratio) for row in rows]
    counts = [f"{verdicts.count(one)} {one}" for one in ("agree", "cannot tell", "apart")]
    return "\n".join([*lines, f"Of {len(rows)} pairs: {', '.join(counts)}."])


if __name__ == "__main__":
    sys.exit(main())
