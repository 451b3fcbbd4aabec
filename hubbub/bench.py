"""``hubbub bench``: measure servers and their peers, and keep every run.

What has been measured is written down run by run beside the file it will end up in, so a
measurement that was stopped goes on where it was (``--resume``).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from implementations.servers import SERVERS


if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.campaign import Plan
    from benchmarks.results import Results, Run

__all__ = ["Journal", "add_arguments", "measure", "run"]

# What a server of somebody's own is measured beside, where nobody says.
BESIDE_SERVERS = ("asyncio-direct",)
BESIDE_PEERS = ("c-floor", "go-gorilla")

EXAMPLES = """\
examples:
  hubbub bench                             every scenario, all servers and peers (nearly an hour)
  hubbub bench --quick                     a look at all of it; not to be published
  hubbub bench closed open                 two scenarios
  hubbub bench closed --server trio-direct --server asyncio-direct
  hubbub bench --resume                    go on with what was stopped
  hubbub bench closed open --command "python my_server.py --web {ws}"
  hubbub report bench.json                 draw it

a server of your own is given HOST:PORT in the place of {ws}, else behind --ws; when
its door is open it prints one line with "ready" and "ws=HOST:PORT". Before it is
measured it is judged: one that loses or alters messages is left out, saying why

exit code: 0 all is well, 1 a run was invalid, 2 misuse, 3 none was and some are unknown,
130 stopped (what was measured is kept)
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    from benchmarks.scenarios import SCENARIOS

    width = max(map(len, SCENARIOS))
    listing = "\n".join(f"  {name:{width}}  {one.title}" for name, one in SCENARIOS.items())
    parser.epilog = f"scenarios:\n{listing}\n\n{EXAMPLES}"
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help="what to measure (default: all)"
    )
    parser.add_argument(
        "--server", action="append", default=[], metavar="ID", help="only these of our servers"
    )
    parser.add_argument(
        "--peer",
        action="append",
        metavar="ID",
        help="only these peers; none: no peers (default: all that can be had)",
    )
    parser.add_argument(
        "--command",
        dest="own",  # `command` is the sub-command
        metavar="CMD",
        help="your own server, beside asyncio-direct, c-floor and go-gorilla, or those named",
    )
    parser.add_argument(
        "--processes", type=int, metavar="N", help="fresh processes of each (publish from 5)"
    )
    parser.add_argument("--clients", type=int, metavar="N", help="in place of the scenario's")
    parser.add_argument("--quick", action="store_true", help="one process, few messages")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("bench.json"),
        metavar="FILE",
        help="where the results go; .json or .json.gz (default: bench.json)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with a stopped measurement")


def run(arguments: argparse.Namespace) -> int:
    """Measure, write, and return the exit code."""
    from rich.console import Console

    from benchmarks.campaign import changed_since
    from benchmarks.load import LoadError
    from benchmarks.results import write
    from benchmarks.table import print_tables

    try:
        plan = _plan(arguments)
        journal = Journal(arguments.output, plan)
        begun = journal.resume() if arguments.resume else None
        if begun and (changed := changed_since(begun)):
            raise ValueError(f"begun with another {', '.join(changed)}: measure anew")
    except ValueError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it ends its children too
    console = Console()
    try:
        results = measure(plan, console, begun=begun, journal=journal)
        write(results, arguments.output)
    except KeyboardInterrupt:
        again = f"hubbub bench --resume --output {arguments.output}"
        print(f"hubbub: stopped; what was measured is kept: {again}", file=sys.stderr)
        return 130
    except LoadError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"hubbub: cannot write {arguments.output}: {error.strerror}", file=sys.stderr)
        return 1
    journal.remove()
    print_tables(results, console)
    if arguments.own is not None and plan.peers and plan.peers[0] in results.skipped:
        name = plan.peers[0]
        print(f"hubbub: {name} was not measured: {results.skipped[name]}", file=sys.stderr)
        return 1
    console.print(f"\nThe results: {arguments.output}", soft_wrap=True, highlight=False)
    console.print(f"A report:    hubbub report {arguments.output}", soft_wrap=True, highlight=False)
    return {"invalid": 1, "unknown": 3}.get(results.verdict, 0)


def measure(
    plan: Plan,
    console: Console,
    *,
    begun: Results | None = None,
    journal: Journal | None = None,
) -> Results:
    """Measure ``plan`` with a line a run, and a bar below them on a terminal.

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
    """What has been measured so far, a line a run, beside the file that will hold it all."""

    def __init__(self, output: Path, plan: Plan) -> None:
        if not output.name.endswith((".json", ".json.gz")):
            raise ValueError(f"the results go to a .json or .json.gz file, not {output}")
        if not output.absolute().parent.is_dir():
            raise ValueError(f"no such folder: {output.parent}")
        self._path = output.with_name(f"{output.name}.part")
        self._plan = json.loads(json.dumps(asdict(plan)))

    def begin(self, begun: Results) -> None:
        """Write down what was begun, and the runs that it holds already.

        Raises:
            OSError: it cannot be written.
        """
        from benchmarks.results import dump_results, dump_run

        head = {"plan": self._plan, "begun": json.loads(dump_results(replace(begun, runs=())))}
        lines = [json.dumps(head), *(dump_run(run) for run in begun.runs)]
        self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def add(self, made: Run) -> None:
        """Write down a run that was made."""
        from benchmarks.results import dump_run

        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{dump_run(made)}\n")

    def resume(self) -> Results:
        """Return what had been measured.

        Raises:
            ValueError: there is nothing to resume, or it was another plan.
        """
        from benchmarks.results import load_results, load_run

        try:
            head, *lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise ValueError(f"nothing to resume: no {self._path}") from error
        try:
            begun = json.loads(head)
            runs = [load_run(line) for line in lines[:-1]]
            results, plan = load_results(begun["begun"]), begun["plan"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{self._path} cannot be resumed: it is damaged") from error
        if plan != self._plan:
            raise ValueError(f"{self._path} was begun with other arguments; give the same again")
        if lines:
            with contextlib.suppress(ValueError):  # it was being written when all was stopped
                runs.append(load_run(lines[-1]))
        return replace(results, runs=tuple(runs))

    def remove(self) -> None:
        """All of it stands in the results now."""
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
    servers, peers = arguments.server, arguments.peer
    if arguments.own is not None:
        own = own_peer(arguments.own)
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
