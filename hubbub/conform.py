"""``hubbub conform``: judge any server, rule by rule.

It runs the suite (conformance/suite.py), shows the progress and then the matrix.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.suite import WORKERS, Progress, Request, SuiteError, run_suite
from hubbub.output import write
from implementations.core.errors import SettingsError
from implementations.registry import find


if TYPE_CHECKING:
    from conformance.results import Results, Run


__all__ = ["add_arguments", "judge", "judge_command", "run", "shown_progress"]

EXAMPLES = """\
examples:
  hubbub conform asyncio-broadcaster
  hubbub conform asyncio-mutex asyncio-broadcaster --quick
  hubbub conform asyncio-mutex --rules slow,order.total

a server of any language: {tcp} and {ws} become HOST:PORT, {tcp_port} and
{ws_port} the port alone, {flags} the settings that a test needs, which are in
HUBBUB_* variables too
  hubbub conform --command "./my-server --lines {tcp} --web {ws} {flags}"
  hubbub conform --command "node chat.js {ws_port}" --policy policy.toml

a server that runs already, with nobody else in its room
  hubbub conform --tcp 127.0.0.1:8000 --ws 127.0.0.1:8080

the WebSocket protocol alone (RFC 6455): 247 Autobahn cases, in about 10 s. The
server must be an echo: it sends each message back as it came, text or binary,
and nothing else. For our ids, the WebSocket code of their runtime is judged,
with an echo in the place of the room
  hubbub conform --autobahn asyncio-mutex
  hubbub conform --autobahn --command "node echo.js {ws_port}" --path /echo

a policy file says what a server decides differently on a SHOULD, and why
  settings = "none"          # it takes no settings at all
  [declared]
  "slow.cut-off" = "drops the oldest message instead, as a ticker should"

exit code: 0 every rule passes or is declared, 1 a rule failed, 3 none failed
and one is unknown (the run did not really exercise it), 2 misuse
"""

_MISSING = (
    "hubbub conform needs pytest, pytest-xdist, rich and jinja2: pip install 'hubbub[conform]'"
)
_TELL_EVERY_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.epilog = EXAMPLES
    parser.add_argument("ids", nargs="*", metavar="ID", help="servers of ours, see hubbub list")
    parser.add_argument("--command", metavar="CMD", dest="template", help="how to start any other")
    parser.add_argument("--tcp", metavar="H:P", help="the line door of one that runs")
    parser.add_argument("--ws", metavar="H:P", help="the WebSocket door of one that runs")
    parser.add_argument("--policy", metavar="FILE", help="what it decides differently, and why")
    parser.add_argument("--rules", metavar="ID,…", help="only these rules or areas")
    parser.add_argument("--quick", action="store_true", help="one test a rule, none that is slow")
    parser.add_argument(
        "--autobahn", action="store_true", help="the Autobahn cases instead of the rules; see below"
    )
    parser.add_argument(
        "--path", metavar="PATH", help="with --autobahn: where the echo is (default /ws)"
    )
    parser.add_argument("--json", metavar="FILE", help="write the results as JSON")
    parser.add_argument("--html", metavar="FILE", help="write the results as a page")
    parser.add_argument(
        "-n",
        type=int,
        default=WORKERS,
        metavar="N",
        dest="workers",
        help=f"tests at a time (default {WORKERS})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge, show the matrix, and return the exit code."""
    if arguments.autobahn:
        return _run_autobahn(arguments)
    if not all(map(find_spec, ("pytest", "xdist", "rich", "jinja2"))):
        print(_MISSING, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: leave no servers behind
    from rich.console import Console

    from conformance.matrix import print_report, render_html
    from hubbub.autobahn import read_lines

    try:
        request = _request(arguments)
        with shown_progress(Console(stderr=True)) as progress:
            results = run_suite(request, progress)
    except (ValueError, OSError) as error:
        print(f"hubbub: {error} (try hubbub conform --help)", file=sys.stderr)
        return 2
    except SuiteError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    print_report(results)
    autobahn = read_lines(arguments.ids)
    for number, line in enumerate(autobahn):
        print(line if number else f"\nAutobahn\n{line}")
    if arguments.json:
        write(Path(arguments.json), results.to_json())
    if arguments.html:
        write(Path(arguments.html), render_html(results, autobahn))
    return results.exit_code


def _run_autobahn(arguments: argparse.Namespace) -> int:
    from conformance.autobahn import CannotRun
    from conformance.server import NotReady
    from hubbub import autobahn

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: leave no servers behind
    try:
        return autobahn.run(arguments)
    except (ValueError, OSError) as error:
        print(f"hubbub: {error} (try hubbub conform --help)", file=sys.stderr)
    except (CannotRun, NotReady) as error:
        print(f"hubbub: {error}", file=sys.stderr)
    return 2


def judge(
    ids: Sequence[str],
    *,
    quick: bool = False,
    one_door: bool = False,
    rules: Mapping[str, Sequence[str]] | None = None,
    workers: int = WORKERS,
    progress: Progress | None = None,
) -> Results:
    """Judge servers of ours and return the results.

    ``rules`` are the ids of those that each server is judged by, all unless given;
    ``workers`` is how many tests run at a time.
    ``progress`` is called after each run with how many are done, how many there
    will be, and the run itself.

    Raises:
        SuiteError: the suite could not run.
    """
    options = _server_options(ids)
    if rules is not None:
        options = [f"--server={server_id}={','.join(rules[server_id])}" for server_id in ids]
    request = Request(options, ids, quick=quick, one_door=one_door, workers=workers)
    return run_suite(request, progress or (lambda *_: None))


def judge_command(
    template: str, rules: Sequence[str], *, quick: bool = False, tick_s: float | None = None
) -> Results:
    """Judge any server that a command starts, as ``--command`` does, by some rules.

    ``tick_s`` is the unit of all the suite's deadlines, in seconds.

    Raises:
        SuiteError: the suite could not run.
    """
    request = Request([f"--command={template}"], rules=",".join(rules), quick=quick, tick_s=tick_s)
    return run_suite(request)


def _is_known(server_id: str) -> bool:
    try:
        find(server_id)
    except SettingsError:
        return False
    return True


def _request(arguments: argparse.Namespace) -> Request:
    """Return what the flags ask for.

    Raises:
        ValueError: they do not fit together, or name what there is not.
    """
    from conformance.contenders import ForeignCommand
    from conformance.policy import read_policy
    from conformance.protocol import select_rules
    from conformance.server import parse_address

    at = [
        f"--{door}={getattr(arguments, door)}" for door in ("tcp", "ws") if getattr(arguments, door)
    ]
    kinds = [bool(arguments.ids), arguments.template is not None, bool(at)]
    if sum(kinds) != 1:
        raise ValueError("name servers by id, or one by --command, or one by --tcp and --ws")
    for option in at:
        parse_address(option.partition("=")[2])
    if arguments.template is not None and not ForeignCommand(arguments.template).doors:
        raise ValueError("--command names no address: put {tcp}, {ws} or both into it")
    unknown = [server_id for server_id in arguments.ids if not _is_known(server_id)]
    if unknown:
        raise ValueError(f"there is no server {', '.join(sorted(unknown))}, see hubbub list")
    if arguments.path:
        raise ValueError("--path goes with --autobahn")
    if arguments.workers < 1:
        raise ValueError("-n must be at least 1")
    select_rules(arguments.rules)
    if arguments.policy:
        read_policy(Path(arguments.policy))
    contenders = _server_options(arguments.ids) + at
    if arguments.template is not None:
        contenders = [f"--command={arguments.template}"]
    return Request(
        contenders,
        arguments.ids,
        arguments.rules,
        arguments.quick,
        arguments.policy,
        workers=1 if at else arguments.workers,  # one room: tests take turns
    )


def _server_options(ids: Sequence[str]) -> list[str]:
    return [f"--server={server_id}" for server_id in ids]


@contextlib.contextmanager
def shown_progress(console: Any) -> Iterator[Progress]:
    """Show a line that moves on a terminal, and a line every few seconds elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    failed = 0
    told_at = time.monotonic()
    bar = Bar(
        BarColumn(20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),  # last: it is never the same length
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task("starting the suite", total=None)

    def show(done: int, planned: int, latest: Run) -> None:
        nonlocal failed, told_at
        failed += latest.verdict == "fail"
        words = f"{failed} failed, {latest.rule}" if failed else latest.rule
        bar.update(task, completed=done, total=planned, description=words)
        if not console.is_terminal and time.monotonic() > told_at + _TELL_EVERY_S:
            told_at = time.monotonic()
            console.print(f"{done} of {planned} runs, {failed} failed")

    with bar:
        yield show
