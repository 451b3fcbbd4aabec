"""Measure fan-out: fresh processes of several servers in turn, each under the same workload.

    python -m benchmarks.fanout asyncio-mutex asyncio-broadcaster --json fanout.json

Invariants:
  1. Servers take turns: a machine that slows down slows all of them, not the last one.
  2. Server and generator have a core each where the machine has two.
  3. Whatever ends a measurement, every process it started has ended too.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from benchmarks import measure
from benchmarks.audience import LoadError
from benchmarks.environment import Environment, two_cores
from benchmarks.load import MAX_CROWDING, raise_file_limit
from benchmarks.peers import PEERS
from benchmarks.processes import generate, serving
from benchmarks.results import Results, Run, write
from benchmarks.table import print_table
from benchmarks.workload import Workload, closed
from implementations.registry import SERVERS


__all__ = ["DEFAULT_PEER", "OnStep", "main", "run_fanout"]

DEFAULT_PEER = "websockets-broadcast"

OnStep = Callable[[int, int, str], None]  # runs done, runs in all, one line on the last


def run_fanout(
    servers: Sequence[str],
    workload: Workload,
    *,
    peer: str = DEFAULT_PEER,
    on_step: OnStep = lambda done, total, line: None,
) -> Results:
    """Measure ``servers`` and the ``peer`` they are compared with, taking turns.

    A server that does not start, dies or delivers wrongly makes its run invalid and ends nothing
    else. A run that other programs crowded is kept and made up for by another, up to twice the
    processes asked for. ``on_step`` is called after every run. The children ignore the terminal's
    Ctrl-C: an exception raised in the caller's thread, KeyboardInterrupt too, ends them and is
    passed on.

    Raises:
        LoadError: the machine cannot hold that many connections.
    """
    raise_file_limit(workload.clients)
    cores = two_cores()
    ids = list(dict.fromkeys([*servers, peer]))
    runs: list[Run] = []
    for process in range(1, 2 * workload.processes + 1):
        shift = (process - 1) % len(ids)  # so that no server always follows the same one
        due = [server for server in ids[shift:] + ids[:shift] if _is_due(server, runs, workload)]
        for done, server in enumerate(due, start=1):
            run = _run(server, process, workload, cores)
            runs.append(run)
            rounds_left = max(0, workload.processes - process)
            total = len(runs) + len(due) - done + rounds_left * len(ids)
            on_step(len(runs), total, _line(run, workload))
    return Results(closed.__name__, peer, workload, Environment.here(cores), tuple(runs))


def _is_due(server: str, runs: Sequence[Run], workload: Workload) -> bool:
    """Whether ``server`` gets another process: a run that others crowded is made up for, later.

    Which runs those are does not depend on what they measured, so this is no best-of.
    """
    own = [run for run in runs if run.server == server]
    crowded = sum(
        run.verdict == "unknown" and run.load is not None and run.load.crowding > MAX_CROWDING
        for run in own
    )
    return len(own) - crowded < workload.processes


def _line(run: Run, workload: Workload) -> str:
    line = f"{run.server}, process {run.process}:"
    if run.last_ns:
        line += f" {measure.cost_us(run.last_ns, workload.clients):.1f} µs a delivery"
    return line if run.verdict == "valid" else f"{line} {run.verdict}: {run.reason}"


def _run(server: str, process: int, workload: Workload, cores: tuple[int, int] | None) -> Run:
    server_core, generator_core = cores or (None, None)
    try:
        with serving(server, server_core) as (pid, address):
            load, samples_ns = generate(pid, address, workload, generator_core)
    except LoadError as error:
        return Run(server, process, "invalid", str(error))
    run = Run(server, process, load.verdict, load.reason, load)
    if load.verdict == "invalid":
        return run
    last_ns = samples_ns.max(axis=1)
    typical = np.argsort(last_ns, kind="stable")[len(last_ns) // 2]
    return replace(
        run,
        first_ns=tuple(samples_ns.min(axis=1).tolist()),
        median_ns=tuple(np.percentile(samples_ns, 50, axis=1, method="inverted_cdf").tolist()),
        last_ns=tuple(last_ns.tolist()),
        histogram=measure.histogram(samples_ns),
        typical_ns=tuple(samples_ns[typical].tolist()),
        order_correlation=measure.order_correlation(samples_ns),
        worst_recipient_p99_ns=measure.worst_recipient(samples_ns, 99),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure from the command line: 0 done, 1 a run was invalid, 2 bad usage, 130 stopped."""
    known = [server.id for server in SERVERS]
    base = closed()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fanout",
        description="Measure what one message to many clients costs. One client speaks, all "
        "listen on the WebSocket door, and the next message leaves when everyone has the last.",
        epilog=f"servers: {' '.join(known)}\npeers:   {' '.join(PEERS)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "servers", nargs="*", metavar="SERVER", help="what to measure (default: every server)"
    )
    for flag, value, text in (
        ("--clients", base.clients, "connections, the speaker's among them"),
        ("--messages", base.messages, "counted messages in each process"),
        ("--processes", base.processes, "fresh processes of each server; publish from 5"),
    ):
        parser.add_argument(
            flag, type=int, default=value, metavar="N", help=f"{text} (default: {value})"
        )
    parser.add_argument(
        "--peer",
        choices=[*PEERS, *known],
        default=DEFAULT_PEER,
        metavar="ID",
        help=f"what the others are compared with (default: {DEFAULT_PEER})",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results there")
    options = parser.parse_args(arguments)
    unknown = [server for server in options.servers if server not in {*known, *PEERS}]
    if unknown:
        parser.error(f"unknown server: {', '.join(unknown)}")
    if options.json and not options.json.absolute().parent.is_dir():
        parser.error(f"no such folder: {options.json.parent}")
    try:
        workload = replace(
            base,
            clients=options.clients,
            messages=options.messages,
            processes=options.processes,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        results = _run_shown(options.servers or known, workload, options.peer)
    except KeyboardInterrupt:
        print("fanout: stopped, nothing kept", file=sys.stderr)
        return 130
    except LoadError as error:
        print(f"fanout: {error}", file=sys.stderr)
        return 1
    print_table(results, Console())
    if options.json:
        write(results, options.json)
    return 1 if results.verdict == "invalid" else 0


def _stop(signum: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _run_shown(servers: Sequence[str], workload: Workload, peer: str) -> Results:
    """Say a line a run on standard error, with a bar below where that is a terminal."""
    console = Console(stderr=True)
    columns = (MofNCompleteColumn(), BarColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with progress:
        bar = progress.add_task("", total=None)

        def on_step(done: int, total: int, line: str) -> None:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
            progress.update(bar, completed=done, total=total)

        return run_fanout(servers, workload, peer=peer, on_step=on_step)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)  # else the children would outlive us
    sys.exit(main())
