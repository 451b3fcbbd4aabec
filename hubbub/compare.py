"""``hubbub compare``: judge and measure all servers in one report, or compare two measurements.

The report shows the conformance matrix first: how fast a server is matters only if it keeps the
rules. Two files of ``hubbub bench`` are compared cell by cell, as ratios with intervals, together
with what changed in the environment; a page shows both in the same charts.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.suite import SuiteError
from hubbub import bench, conform, report
from hubbub.output import lasting
from implementations.servers import SERVERS


if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.results import Results as Measured
    from conformance.results import Results as Judged

__all__ = ["add_arguments", "run", "write_report"]

SCENARIOS = ("closed",)  # the others take too long here: see hubbub bench
PEERS = ("c-floor", "go-gorilla", "websockets-broadcast")

EXAMPLES = """\
examples:
  hubbub compare                          all servers; writes report/index.html
  hubbub compare asyncio-mutex --full     one server, by all rules
  hubbub compare --clients 200            a smaller room, for a small machine
  hubbub compare before.json after.json   two measurements of hubbub bench;
                                          writes report/rounds.html

exit code: 0 if all is well, 1 if any rule failed or run is invalid, 2 after
misuse, 3 if nothing failed but something is unknown; always 0 for two files
"""

OnStep = Callable[[int, int, str], None]  # steps done, steps planned, the last step in words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help="which servers (default: all); or two files of hubbub bench",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("report"),
        metavar="FOLDER",
        help="the folder for the report (default: report)",
    )
    parser.add_argument("--full", action="store_true", help="run all tests, the slow ones too")
    parser.add_argument(
        "--clients",
        type=int,
        default=1000,
        metavar="N",
        help="measure with N clients (default: 1000)",
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=3,
        metavar="N",
        help="fresh processes of each server (default: 3; to publish: at least 5)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Compare servers or files, and return the exit code."""
    files = [one for one in arguments.ids if one.endswith((".json", ".json.gz"))]
    if files:
        if len(arguments.ids) != 2 or len(files) != 2:
            return _misuse("give two files of hubbub bench, or ids of servers")
        return _compare_files(Path(files[0]), Path(files[1]), arguments.output)
    return _compare_servers(arguments)


def _compare_files(older: Path, newer: Path, folder: Path) -> int:
    from rich.console import Console

    from benchmarks.comparison import print_comparison
    from benchmarks.files import replace_file
    from benchmarks.results import ResultsError, read

    console = Console()
    page = folder / "rounds.html"
    try:
        before, after = read(older), read(newer)
        print_comparison(before, after, console)
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(page, report.render(after, before=before).encode())
    except ResultsError as error:
        return _misuse(str(error))
    except OSError as error:
        return _misuse(f"cannot write to {folder}: {error.strerror}")
    console.print(f"\nThe page: {page}", soft_wrap=True, highlight=False)
    return 0


def _compare_servers(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from benchmarks.campaign import Plan
    from benchmarks.load import LoadError
    from benchmarks.table import print_tables
    from conformance.matrix import print_report

    known = [server.id for server in SERVERS]
    ids = arguments.ids or known
    unknown = [server_id for server_id in ids if server_id not in known]
    if unknown:
        return _misuse(f"there is no server {', '.join(unknown)}: see hubbub list")
    if arguments.clients < 1 or arguments.processes < 1:
        return _misuse("--clients and --processes must each be at least 1")
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _misuse(f"cannot write to {arguments.output}: {error.strerror}")
    plan = Plan(
        scenarios=SCENARIOS,
        servers=tuple(ids),
        peers=PEERS,
        processes=arguments.processes,
        clients=arguments.clients,
        quick=True,
    )

    console = Console(file=lasting(sys.stdout))
    try:
        with _progress("judging", console) as step:
            judged = conform.judge(
                ids,
                quick=not arguments.full,
                one_door=not arguments.full,
                progress=lambda done, planned, latest: step(done, planned, latest.rule),
            )
        measured = bench.measure(plan, console)
    except (SuiteError, LoadError) as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 1

    page = write_report(judged, measured, arguments.output)
    print_report(judged, console)
    print_tables(measured, console)
    console.print(f"\nThe report: {page}", soft_wrap=True, highlight=False)
    return 1 if measured.verdict == "invalid" else judged.exit_code


def write_report(judged: Judged, measured: Measured, folder: Path) -> Path:
    """Write ``index.html`` and the raw results into ``folder``; return the page's path.

    A file that cannot be written whole keeps what it held before.
    """
    from benchmarks.files import replace_file
    from benchmarks.results import write

    html = report.render(measured, judged)
    write(measured, folder / "bench.json")
    replace_file(folder / "conformance.json", judged.to_json().encode())
    page = folder / "index.html"
    replace_file(page, html.encode())
    return page


def _misuse(problem: str) -> int:
    print(f"hubbub: {problem}", file=sys.stderr)
    return 2


@contextlib.contextmanager
def _progress(phase: str, console: Console) -> Iterator[OnStep]:
    """Show a progress bar on a terminal, and a line every few seconds elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns: list[Any] = [
        TextColumn(f"{phase:9}"),
        BarColumn(16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    ]
    shown_at = time.monotonic()
    console.print(f"{phase} ...")
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        bar = bars.add_task("", total=None)

        def step(done: int, total: int, line: str) -> None:
            nonlocal shown_at
            bars.update(bar, completed=done, total=total, description=line)
            if not console.is_terminal and time.monotonic() > shown_at + 5:
                shown_at = time.monotonic()
                console.print(f"  {done} of {total}: {line}", highlight=False)

        yield step
