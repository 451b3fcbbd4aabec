"""``hubbub bench``: measure servers and their peers, and keep every run.

Each run is written to a file beside the results as soon as it ends. So a measurement that was
stopped can go on from there (``--resume``).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hubbub.output import lasting
from hubbub.output import write as write_text
from implementations.servers import SERVERS


if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.campaign import Plan
    from benchmarks.peers import Peer
    from benchmarks.results import Results, Run

__all__ = ["Journal", "add_arguments", "measure", "run"]

# What --command is measured beside, unless --server and --peer name others.
BESIDE_SERVERS = ("asyncio-direct",)
BESIDE_PEERS = ("c-floor", "go-gorilla")

EXAMPLES = """\
examples:
  hubbub bench                 all scenarios, servers and peers (1 hour)
  hubbub bench --dry-run       how long that takes, scenario by scenario
  hubbub bench --quick         the same with fewer runs; not for publishing
  hubbub bench closed open     only two scenarios
  hubbub bench closed --server trio-direct --server asyncio-direct
  hubbub bench --resume        go on with a stopped measurement
  hubbub bench closed open --command "python my_server.py --web {ws}"
  hubbub report bench.json     draw the results

In the command of your own server {ws} becomes HOST:PORT and {ws_port} the port;
without either, --ws HOST:PORT is appended. It is ready when its door accepts
connections, or when it prints where it listens. There is no shell; if it needs
one, write  sh -c 'cd chat && node chat.js {ws_port}'. It is judged before it is
measured: a server that loses or alters messages is left out, and the reason is
shown; what else it does differently is said, and it is measured.

exit code: 0 if all runs are valid, 1 if any is invalid, 2 after misuse, 3 if
no run is invalid but some are unknown, 130 if it was stopped
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    from benchmarks.scenarios import SCENARIOS

    width = max(map(len, SCENARIOS))
    listing = "\n".join(f"  {name:{width}}  {one.title}" for name, one in SCENARIOS.items())
    parser.epilog = f"scenarios (--dry-run says how long each takes):\n{listing}\n\n{EXAMPLES}"
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help="what to measure (default: all)"
    )
    parser.add_argument(
        "--server",
        action="append",
        default=[],
        metavar="ID",
        help="only this server; may be repeated",
    )
    parser.add_argument(
        "--peer",
        action="append",
        metavar="ID",
        help="only this peer; may be repeated; none: no peers (default: all that work here)",
    )
    parser.add_argument(
        "--command",
        dest="own",  # `command` is the sub-command
        metavar="CMD",
        help="your own server; without --server and --peer it is measured beside asyncio-direct, "
        "c-floor and go-gorilla",
    )
    parser.add_argument("--name", metavar="NAME", help="what the results call your own server")
    parser.add_argument(
        "--start-within",
        type=float,
        metavar="S",
        help="seconds that your own server may take to start (default 20)",
    )
    parser.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="fresh processes of each server (to publish: at least 5)",
    )
    parser.add_argument(
        "--clients", type=int, metavar="N", help="clients, in place of the scenario's number"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one process of each server, and few messages"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("bench.json"),
        metavar="FILE",
        help="the results, .json or .json.gz (default: bench.json)",
    )
    for form, what in (
        ("junit", "the verdicts of all runs as JUnit XML, for a CI"),
        ("markdown", "a Markdown summary, for a CI"),
        ("badge", "the JSON of a shields.io badge: the cost of a delivery"),
    ):
        parser.add_argument(f"--{form}", type=Path, metavar="FILE", help=f"also write {what}")
    parser.add_argument("--resume", action="store_true", help="go on with a stopped measurement")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="measure nothing; list the scenarios with the minutes that each takes, by estimate",
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure, write, and return the exit code."""
    from rich.console import Console

    from benchmarks.campaign import changed_since
    from benchmarks.load import LoadError
    from benchmarks.peers import PEERS
    from benchmarks.results import write
    from benchmarks.table import print_tables

    try:
        plan = _plan(arguments)
        if arguments.dry_run:
            _print_estimate(plan, Console(file=lasting(sys.stdout)))
            return 0
        _check_folders(arguments)
        journal = Journal(arguments.output, plan)
        begun = journal.resume() if arguments.resume else None
        if begun and (changed := changed_since(begun)):
            raise ValueError(
                f"begun with another {', '.join(changed)}: start again without --resume"
            )
    except ValueError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    console = Console(file=lasting(sys.stdout))
    if arguments.own is not None:
        own = next(PEERS[peer] for peer in plan.peers or () if PEERS[peer].is_own)
        try:
            _try_own(own)
        except LoadError as error:
            print(f"hubbub: {own.id} was not measured: {error}", file=sys.stderr)
            return 2
    if not plan.quick:
        if begun is None:
            _say_estimate(plan, console)
        _warn_if_busy(console)
    try:
        results = measure(plan, console, begun=begun, journal=journal)
        write(results, arguments.output)
    except KeyboardInterrupt:
        again = f"hubbub bench --resume --output {arguments.output}"
        print(f"hubbub: stopped; all finished runs are kept: {again}", file=sys.stderr)
        return 130
    except LoadError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"hubbub: cannot write {arguments.output}: {error.strerror}", file=sys.stderr)
        return 1
    journal.remove()
    _write_summaries(arguments, results, plan)
    print_tables(results, console)
    if arguments.own is not None and plan.peers and plan.peers[0] in results.skipped:
        name = plan.peers[0]
        print(f"hubbub: {name} was not measured: {results.skipped[name]}", file=sys.stderr)
        return 1
    console.print(f"\nThe results: {arguments.output}", soft_wrap=True, highlight=False)
    console.print(f"A report:    hubbub report {arguments.output}", soft_wrap=True, highlight=False)
    return {"invalid": 1, "unknown": 3}.get(results.verdict, 0)


def _print_estimate(plan: Plan, console: Console) -> None:
    """List the scenarios of a plan: servers, runs, and the minutes that they take, by estimate."""
    from rich.table import Table

    from benchmarks.campaign import foresee
    from benchmarks.interpreters import installed

    foreseen = foresee(plan, list(installed()))
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("scenario", no_wrap=True)
    for heading in ("servers", "runs", "minutes"):
        table.add_column(heading, justify="right")
    for name, one in foreseen.scenarios.items():
        table.add_row(name, str(one.servers), str(one.runs), f"{one.seconds / 60:.1f}")
    table.add_row("to judge the peers", "", "", f"{foreseen.judging_s / 60:.1f}")
    runs = sum(one.runs for one in foreseen.scenarios.values())
    table.add_row("all", "", str(runs), f"{foreseen.seconds / 60:.0f}", style="bold")
    console.print(table)
    console.print(
        "On a quiet machine, if every peer can be had. The first time, peers are built and "
        "installed as well: 2 minutes.",
        highlight=False,
    )


def _say_estimate(plan: Plan, console: Console) -> None:
    from benchmarks.campaign import foresee
    from benchmarks.interpreters import installed
    from benchmarks.scenarios import SCENARIOS

    several = any(SCENARIOS[name].axis == "python" for name in plan.scenarios)
    minutes = foresee(plan, list(installed()) if several else []).seconds / 60
    if minutes >= 1:
        console.print(
            f"by estimate this takes {minutes:.0f} minutes on a quiet machine "
            "(--dry-run lists them); it can be stopped, and goes on with --resume",
            highlight=False,
            soft_wrap=True,
        )


def _check_folders(arguments: argparse.Namespace) -> None:
    for form in ("junit", "markdown", "badge"):
        file: Path | None = getattr(arguments, form)
        if file is not None and not file.absolute().parent.is_dir():
            raise ValueError(f"--{form}: there is no folder {file.parent}")


def _warn_if_busy(console: Console) -> None:
    """Look at the machine before a long measurement, and say if other programs would disturb it."""
    from benchmarks.idleness import BUSY, WATCHED_S, busy_share

    console.print(f"looking for {WATCHED_S:g} s at how busy this machine is ...")
    share = busy_share()
    if share is not None and share > BUSY:
        console.print(
            f"  this machine is busy: other programs take {share:.0%} of its processor time. A run "
            "that they disturb\n  is repeated, and counts as unknown if it is disturbed again. "
            "Stop them first, if you can.",
            highlight=False,
            soft_wrap=True,
        )


def _write_summaries(arguments: argparse.Namespace, results: Results, plan: Plan) -> None:
    from benchmarks.summaries import badge, junit, markdown

    named = plan.peers[0] if arguments.own is not None and plan.peers else ""
    server = named or next(iter(plan.servers), BESIDE_SERVERS[0])
    if arguments.junit is not None:
        write_text(arguments.junit, junit(results))
    if arguments.markdown is not None:
        write_text(arguments.markdown, markdown(results))
    if arguments.badge is not None:
        write_text(arguments.badge, badge(results, server))


def _try_own(own: Peer) -> None:
    """Start the user's own server once, before anything else is measured.

    Raises:
        LoadError: it does not start, or opens no door.
    """
    from benchmarks.server_process import server_command, serving
    from benchmarks.workload import Workload

    with serving(server_command(own.id, Workload()), None, own.start_within_s):
        pass


def measure(
    plan: Plan,
    console: Console,
    *,
    begun: Results | None = None,
    journal: Journal | None = None,
) -> Results:
    """Measure ``plan``; show one line per run and, on a terminal, a progress bar.

    Raises:
        LoadError: the machine cannot hold that many connections.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from benchmarks.campaign import begin, go_on, run_line

    def say(line: str) -> None:
        console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)

    console.print("measuring ...")
    if begun is None:
        begun = begin(plan, say)
    if journal:
        journal.begin(begun)
    columns = (MofNCompleteColumn(), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        bar = bars.add_task("", completed=len(begun.runs), total=None)

        def on_run(made: Run, done: int, planned: int) -> None:
            if journal:
                journal.add(made)
            say(f"{done:4}/{planned} {run_line(made)}")
            bars.update(bar, completed=done, total=planned)

        return go_on(plan, begun, on_run)


class Journal:
    """The file with all finished runs, one per line, beside the file for the results."""

    def __init__(self, output: Path, plan: Plan) -> None:
        if not output.name.endswith((".json", ".json.gz")):
            raise ValueError(f"--output must end in .json or .json.gz, not {output.name}")
        if not output.absolute().parent.is_dir():
            raise ValueError(f"--output: there is no folder {output.parent}")
        self._path = output.with_name(f"{output.name}.part")
        self._plan = json.loads(json.dumps(asdict(plan)))

    def begin(self, begun: Results) -> None:
        """Write what was begun, and the runs that it already has.

        Raises:
            OSError: the file cannot be written.
        """
        from benchmarks.results import dump_results, dump_run

        head = {"plan": self._plan, "begun": json.loads(dump_results(replace(begun, runs=())))}
        lines = [json.dumps(head), *(dump_run(run) for run in begun.runs)]
        self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def add(self, made: Run) -> None:
        """Write a run that has ended."""
        from benchmarks.results import dump_run

        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{dump_run(made)}\n")

    def resume(self) -> Results:
        """Return what was measured before.

        Raises:
            ValueError: there is nothing to resume, or it was begun with another plan.
        """
        from benchmarks.results import load_results, load_run

        try:
            head, *lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise ValueError(f"nothing to resume: there is no {self._path}") from error
        try:
            begun = json.loads(head)
            runs = [load_run(line) for line in lines[:-1]]
            results, plan = load_results(begun["begun"]), begun["plan"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"cannot resume: {self._path} is damaged, remove it") from error
        if plan != self._plan:
            raise ValueError(
                f"cannot resume: {self._path} was begun with other arguments, give the same again"
            )
        if lines:
            with contextlib.suppress(ValueError):  # cut off when the measurement was stopped
                runs.append(load_run(lines[-1]))
        return replace(results, runs=tuple(runs))

    def remove(self) -> None:
        """Remove the file: the results hold everything now."""
        self._path.unlink(missing_ok=True)


def _plan(arguments: argparse.Namespace) -> Plan:
    from benchmarks.campaign import Plan
    from benchmarks.peers import PEERS, own_peer
    from benchmarks.scenarios import SCENARIOS

    ours = [server.id for server in SERVERS]
    for given, known, what in (
        (arguments.scenarios, list(SCENARIOS), "scenario"),
        (arguments.server, ours, "server"),
        ([peer for peer in arguments.peer or [] if peer != "none"], list(PEERS), "peer"),
    ):
        unknown = [name for name in given if name not in known]
        if unknown:
            raise ValueError(f"there is no {what} {', '.join(unknown)} (known: {' '.join(known)})")
    for name in ("processes", "clients"):
        if getattr(arguments, name) is not None and getattr(arguments, name) < 1:
            raise ValueError(f"--{name} must be at least 1")
    if arguments.own is None and (arguments.name or arguments.start_within):
        raise ValueError("--name and --start-within go with --command")
    if arguments.start_within is not None and not 0 < arguments.start_within < 86_400:
        raise ValueError("--start-within is a number of seconds over 0, at most a day")
    servers, peers = arguments.server, arguments.peer
    if arguments.own is not None:
        own = own_peer(arguments.own, arguments.name, arguments.start_within)
        PEERS[own.id] = own
        servers = servers or list(BESIDE_SERVERS)
        peers = [own.id, *(BESIDE_PEERS if peers is None else peers)]
    return Plan(
        scenarios=tuple(dict.fromkeys(arguments.scenarios)) or tuple(SCENARIOS),
        servers=tuple(dict.fromkeys(servers)),
        peers=None if peers is None else tuple(peer for peer in peers if peer != "none"),
        processes=arguments.processes,
        clients=arguments.clients,
        quick=arguments.quick,
    )
