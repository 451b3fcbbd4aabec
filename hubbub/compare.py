"""``hubbub compare``: judge and measure all servers, and write one report.

First the conformance matrix, then fan-out: a server that breaks its promises has
no business in a table of speeds, so the verdicts stand above the figures. The
report is one HTML file that needs nothing beside itself; the raw results lie
next to it as JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubbub import conform
from implementations.registry import SERVERS


if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.results import Results as Measured
    from tests.conformance.results import Results as Judged

__all__ = ["add_arguments", "run", "write_report"]

TEMPLATES = Path(__file__).parent

EXAMPLES = """\
examples:
  hubbub compare                        all servers; writes report/index.html
  hubbub compare asyncio-mutex --full   one of them, by every rule
  hubbub compare --clients 200          a smaller room, where 1,000 is too much

exit code: 0 all is well, 1 a rule failed or a measurement is invalid, 2 misuse,
3 nothing failed and something is unknown
"""

OnStep = Callable[[int, int, str], None]  # steps done, steps in all, one line on the last


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.epilog = EXAMPLES
    parser.add_argument("ids", nargs="*", metavar="ID", help="which servers (default: all)")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("report"),
        metavar="FOLDER",
        help="where the report goes (default: report)",
    )
    parser.add_argument(
        "--full", action="store_true", help="judge by every rule, the slow ones too"
    )
    parser.add_argument(
        "--clients",
        type=int,
        default=1000,
        metavar="N",
        help="fan-out to N clients (default: 1000)",
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=3,
        metavar="N",
        help="measure N fresh processes of each (default: 3; publish from 5)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge, measure, write, and return the exit code."""
    from rich.console import Console

    from benchmarks.audience import LoadError
    from benchmarks.fanout import run_fanout
    from benchmarks.table import print_table
    from benchmarks.workload import SCENARIOS
    from tests.conformance.report import print_report

    known = [server.id for server in SERVERS]
    ids = arguments.ids or known
    unknown = [server_id for server_id in ids if server_id not in known]
    if unknown:
        return _misuse(f"there is no server {', '.join(unknown)} (hubbub list shows them all)")
    try:
        workload = replace(
            SCENARIOS["closed"](), clients=arguments.clients, processes=arguments.processes
        )
        arguments.output.mkdir(parents=True, exist_ok=True)
    except ValueError as error:
        return _misuse(str(error))
    except OSError as error:
        return _misuse(f"cannot write to {arguments.output}: {error.strerror}")

    console = Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it ends its children too
    try:
        with _progress("judging", console) as step:
            judged = conform.judge(
                ids,
                quick=not arguments.full,
                progress=lambda done, planned, latest: step(done, planned, latest.rule),
            )
        with _progress("measuring", console) as step:
            measured = run_fanout(ids, workload, on_step=step)
    except (conform.SuiteError, LoadError) as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 1

    print_report(judged, console)
    console.print()
    print_table(measured, console)
    page = write_report(judged, measured, arguments.output)
    console.print(f"\nThe report: {page}", soft_wrap=True, highlight=False)
    return 1 if measured.verdict == "invalid" else judged.exit_code


def write_report(judged: Judged, measured: Measured, folder: Path) -> Path:
    """Write ``index.html`` and the raw results into ``folder``; return the page's path.

    Each file is whole or is not there: what cannot be finished leaves the old one.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from benchmarks.plots import sections
    from benchmarks.results import write
    from hubbub.autobahn import read_lines
    from tests.conformance.report import matrix_fragment, matrix_style

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template("compare.html.j2").render(
        servers=[server for server in SERVERS if server.id in judged.servers],
        judged=judged,
        measured=measured,
        matrix=matrix_fragment(judged),
        autobahn=read_lines(judged.servers),
        matrix_style=matrix_style(),
        sections=sections(measured),
        about=_about(measured),
    )
    write(measured, folder / "fanout.json")
    _replace(folder / "conformance.json", judged.to_json())
    page = folder / "index.html"
    _replace(page, html)
    return page


def _about(measured: Measured) -> dict[str, str]:
    here = measured.environment
    return {
        "made": here.date,
        "on": f"{here.cpu}, {here.cores} cores, {here.memory_bytes / 2**30:.0f} GiB",
        "with": f"{here.kernel}, {here.python}, websockets {here.websockets}",
        "hubbub": here.hubbub + (f" ({here.commit[:12]})" if here.commit else ""),
    }


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _misuse(problem: str) -> int:
    print(f"hubbub: {problem}", file=sys.stderr)
    return 2


@contextlib.contextmanager
def _progress(phase: str, console: Console) -> Iterator[OnStep]:
    """Show a bar on a terminal, and a line every few seconds anywhere else."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns: list[Any] = [
        TextColumn(f"{phase:9}"),
        BarColumn(16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    ]
    told_at = time.monotonic()
    console.print(f"{phase} ...")
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        bar = bars.add_task("", total=None)

        def step(done: int, total: int, line: str) -> None:
            nonlocal told_at
            bars.update(bar, completed=done, total=total, description=line)
            if not console.is_terminal and time.monotonic() > told_at + 5:
                told_at = time.monotonic()
                console.print(f"  {done} of {total}: {line}", highlight=False)

        yield step
