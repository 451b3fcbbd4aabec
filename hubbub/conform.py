"""``hubbub conform``: judge any server, rule by rule.

It runs the suite (conformance/suite.py) and shows the progress, then the matrix.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.server import READY_WITHIN
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

To judge a server in any language, give the command that starts it. In it {tcp}
and {ws} become HOST:PORT, {tcp_port} and {ws_port} become the port, and {flags}
becomes the settings that a test needs; HUBBUB_* variables hold these as well.
  hubbub conform --command "./my-server --lines {tcp} --web {ws} {flags}"
  hubbub conform --command "node chat.js {ws_port}" --policy policy.toml

To judge a server that is already running, with no other client in its room:
  hubbub conform --tcp 127.0.0.1:8000 --ws 127.0.0.1:8080
With --command too, it is started afresh for each test, at that address.

A server that words its lines in its own way is judged in its dialect. raw is
for one that only passes on what each client says; gopl, gorilla, hubbub and
manager are there too; conformance/README.md says what a file may contain:
  hubbub conform --command "./chat" --ws 127.0.0.1:8080 --dialect raw

The command is started once before any rule is judged: one that does not start
is refused. There is no shell; if it needs one, write  sh -c 'cd chat && exec
node chat.js {ws_port}'. A server is ready when its door accepts connections.

To judge only the WebSocket protocol by the 247 Autobahn cases (10 s):
  hubbub conform --autobahn asyncio-mutex
  hubbub conform --autobahn --command "node echo.js {ws_port}" --path /echo
The cases need an echo server: it sends each message back unchanged, text or
binary, and sends nothing else. For one of our ids, hubbub starts an echo
server on the WebSocket code of that runtime.

For a CI there are --junit, --markdown and --badge; conformance/README.md has a
job for GitHub Actions. Of many failures those to fix first are told in full.

A policy file says where a server differs from a SHOULD, and why:
  settings = "none"          # it takes none: rules that need one do not apply
  [declared]
  "slow.cut-off" = "drops the oldest message instead, as a ticker should"

exit code: 0 if every rule passes or is declared, 1 if any rule failed, 2 after
misuse, 3 if no rule failed but one is unknown: the run did not exercise it
"""

_REPORT_EVERY_S = 5.0
_NAME = re.compile(r"[\w.-]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.epilog = EXAMPLES
    parser.add_argument("ids", nargs="*", metavar="ID", help="which servers (hubbub list)")
    parser.add_argument("--command", metavar="CMD", dest="template", help="start any other server")
    parser.add_argument("--name", metavar="NAME", help="what the report calls that server")
    parser.add_argument(
        "--start-within",
        type=float,
        metavar="S",
        help=f"seconds that it may take to start (default {READY_WITHIN:g})",
    )
    parser.add_argument("--tcp", metavar="H:P", help="the TCP door of a running server")
    parser.add_argument("--ws", metavar="H:P", help="its WebSocket door")
    parser.add_argument("--policy", metavar="FILE", help="where the server differs, and why")
    parser.add_argument(
        "--dialect", metavar="NAME", help="how its lines look: raw, gopl, gorilla, …, or a file"
    )
    parser.add_argument("--rules", metavar="ID,…", help="only these rules or areas")
    parser.add_argument("--quick", action="store_true", help="one test per rule; skips slow tests")
    parser.add_argument(
        "--autobahn", action="store_true", help="the Autobahn cases instead of the rules; see below"
    )
    parser.add_argument(
        "--path", metavar="PATH", help="with --autobahn: where the echo is (default /ws)"
    )
    parser.add_argument("--all", action="store_true", help="tell every failure in full")
    for form, what in (
        ("json", "JSON (python -m conformance.results prints its schema)"),
        ("html", "HTML"),
        ("junit", "JUnit XML, for a CI"),
        ("markdown", "a Markdown summary, for a CI"),
        ("badge", "the JSON of a shields.io badge"),
    ):
        parser.add_argument(f"--{form}", metavar="FILE", help=f"also write the results as {what}")
    parser.add_argument(
        "-n",
        type=int,
        default=WORKERS,
        metavar="N",
        dest="workers",
        help=f"tests at the same time (default {WORKERS})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge, show the matrix, and return the exit code."""
    if arguments.autobahn:
        return _run_autobahn(arguments)
    from rich.console import Console

    from conformance.matrix import print_report, render_html
    from conformance.stages import judge_in_stages
    from conformance.summaries import badge, markdown
    from hubbub.autobahn import read_lines

    try:
        request = _request(arguments)
        if request.ungreeted:
            print(f"hubbub: {request.ungreeted}", file=sys.stderr)
        with shown_progress(Console(stderr=True)) as progress:
            results = judge_in_stages(request, progress)
    except (ValueError, OSError) as error:
        more = "" if str(error).startswith("--command") else " (try hubbub conform --help)"
        print(f"hubbub: {error}{more}", file=sys.stderr)
        return 2
    except SuiteError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    autobahn = read_lines(arguments.ids)
    for file, form in (  # before anything is printed: the reader of a pipe may have ended
        (arguments.json, results.to_json),
        (arguments.html, lambda: render_html(results, autobahn)),
        (arguments.markdown, lambda: markdown(results)),
        (arguments.badge, lambda: badge(results)),
    ):
        if file:
            write(Path(file), form())
    print_report(results, every_failure=arguments.all)
    for number, line in enumerate(autobahn):
        print(line if number else f"\nAutobahn\n{line}")
    return results.exit_code


def _run_autobahn(arguments: argparse.Namespace) -> int:
    from conformance.autobahn import CannotRun
    from conformance.server import NotReady
    from hubbub import autobahn

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
    """Judge servers of this project and return the results.

    ``rules`` holds the ids of the rules for each server; without it all rules count.
    ``workers`` is how many tests run at the same time. ``progress`` is called after
    each run with the number of runs done, the number planned, and the run.

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
    """Judge by some rules the server that a command starts, as ``--command`` does.

    ``tick_s`` is the unit of all deadlines of the suite, in seconds.

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
        ValueError: the flags contradict each other, or name something that does not exist.
    """
    from conformance.contenders import FixedAddresses, ForeignCommand, check_starts
    from conformance.dialect import read_dialect
    from conformance.greeting import ungreeted
    from conformance.policy import read_policy
    from conformance.protocol import select_rules
    from conformance.server import accepts, parse_address, spell
    from conformance.templates import command_words, name_of

    at = [
        f"--{door}={getattr(arguments, door)}" for door in ("tcp", "ws") if getattr(arguments, door)
    ]
    if bool(arguments.ids) == (arguments.template is not None or bool(at)):
        raise ValueError("name servers by id, or give --command, or give --tcp or --ws")
    fixed = {option[2:].partition("=")[0]: parse_address(option.partition("=")[2]) for option in at}
    dialect = read_dialect(arguments.dialect) if arguments.dialect else None
    if arguments.template is None:
        for flag in ("name", "start_within"):
            if getattr(arguments, flag) is not None:
                raise ValueError(f"--{flag.replace('_', '-')} goes with --command")
    elif not (ForeignCommand(arguments.template).doors or fixed):
        raise ValueError("--command names no address: put {tcp}, {ws} or both into it")
    if arguments.start_within is not None and not 0 < arguments.start_within < 86_400:
        raise ValueError("--start-within is a number of seconds over 0, at most a day")
    if arguments.name is not None and not _NAME.fullmatch(arguments.name):
        raise ValueError("--name is a word of letters, digits, dots, hyphens and underscores")
    unknown = [server_id for server_id in arguments.ids if not _is_known(server_id)]
    if unknown:
        raise ValueError(f"there is no server {', '.join(sorted(unknown))}: see hubbub list")
    if arguments.path:
        raise ValueError("--path goes with --autobahn")
    for form in ("json", "html", "junit", "markdown", "badge"):
        file = getattr(arguments, form)
        if file and not Path(file).absolute().parent.is_dir():
            raise ValueError(f"--{form}: there is no folder {Path(file).parent}")
    if arguments.workers < 1:
        raise ValueError("-n must be at least 1")
    select_rules(arguments.rules)
    if arguments.policy:
        read_policy(Path(arguments.policy), foreign=dialect is not None)
    for door, address in fixed.items():
        if accepts(address, speaks=door == "tcp") == (arguments.template is not None):
            who = "another program" if arguments.template is not None else "nothing"
            raise ValueError(f"--{door}: {who} accepts at {spell(address)}")
    ids = [find(server_id).id for server_id in arguments.ids]
    contenders = _server_options(ids) + at
    why = None
    if arguments.template is not None:
        words = command_words(arguments.template)
        name = arguments.name or name_of(words)
        within = arguments.start_within or READY_WITHIN
        command = ForeignCommand(
            arguments.template,
            name,
            start_within=within,
            fixed_tcp=fixed.get("tcp"),
            fixed_ws=fixed.get("ws"),
        )
        check_starts(command)
        why = ungreeted(command, dialect)
        contenders += [f"--command={arguments.template}", f"--name={name}"]
        contenders += [f"--start-within={within}"]
    elif at:
        why = ungreeted(FixedAddresses(fixed.get("tcp"), fixed.get("ws")), dialect)
    return Request(
        contenders,
        ids,
        arguments.rules,
        arguments.quick,
        arguments.policy,
        workers=1 if at else arguments.workers,  # one room: tests take turns
        junit=Path(arguments.junit) if arguments.junit else None,
        dialect=arguments.dialect,
        ungreeted=why,
    )


def _server_options(ids: Sequence[str]) -> list[str]:
    return [f"--server={server_id}" for server_id in ids]


@contextlib.contextmanager
def shown_progress(console: Any) -> Iterator[Progress]:
    """Show a progress bar on a terminal, and a line every few seconds elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    failed = 0
    shown_at = time.monotonic()
    bar = Bar(
        BarColumn(20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),  # last, because its length changes
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task("starting the suite", total=None)

    def show(done: int, planned: int, latest: Run) -> None:
        nonlocal failed, shown_at
        if done == 1:  # the gallery runs the suite twice
            failed = 0
        failed += latest.verdict == "fail"
        words = f"{failed} failed, {latest.rule}" if failed else latest.rule
        bar.update(task, completed=done, total=planned, description=words)
        if not console.is_terminal and time.monotonic() > shown_at + _REPORT_EVERY_S:
            shown_at = time.monotonic()
            console.print(f"{done} of {planned} runs, {failed} failed")

    with bar:
        yield show
