"""The command line: finds the module of a sub-command and runs it.

A sub-command's module has its name, and is imported only when the sub-command is used: a server
starts without the code that draws reports. Only ``serve`` has no module here; it is
implementations/__main__.py.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
from collections.abc import Collection
from importlib import import_module
from typing import Any, NoReturn

from hubbub.extras import complaint
from hubbub.output import CannotWrite, open_streams


__all__ = ["COMMANDS", "main", "make_parser"]

# All sub-commands, in the order in which a newcomer meets them. Each one but serve has a module
# hubbub.NAME with add_arguments() and run().
GROUPS = {
    "run a server and talk": {
        "list": "list the servers, and how each is built",
        "serve": "start one server",
        "chat": "join a room from a terminal or from a pipe",
        "top": "show live what a running server counts",
        "lab": "turn the dials of a server, and watch it in your browser",
    },
    "learn": {
        "learn": "list the lessons and your progress, or open a lesson",
        "check": "judge your answer to a lesson's exercise",
    },
    "judge": {
        "conform": "judge any server, rule by rule",
        "gallery": "judge the servers that are wrong on purpose",
        "record": "let many clients talk at once, and record what each receives",
        "draw": "draw the part of a recording that breaks a rule",
        "replay": "replay one schedule of a server or exhibit, step by step",
    },
    "measure": {
        "bench": "measure servers and their peers, and keep every run",
        "report": "draw a report of measurements: one HTML page",
        "compare": "judge and measure all servers, and write the report",
    },
    "set up": {
        "completion": "print a script that completes commands in your shell",
    },
}
COMMANDS = {name: summary for group in GROUPS.values() for name, summary in group.items()}

EXAMPLES = """\
start here:
  hubbub serve asyncio-broadcaster      then, in another terminal: hubbub chat
  hubbub conform asyncio-broadcaster    which rules does this server keep?
  hubbub compare                        all servers, side by side (4 minutes)

The options of a command, with examples:  hubbub COMMAND --help
"""

USAGE = 2  # the exit code for a command line that makes no sense


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"hubbub: {message} (try {self.prog} --help)\n")


class _Version(argparse.Action):
    """As argparse's own, but the version is looked up only when it is asked for: it is slow."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from importlib.metadata import version

        print(f"hubbub {version('hubbub')}")
        parser.exit()


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    if argv is None:  # this process is ours, so its streams and signals are too
        argv = sys.argv[1:]
        if argv[:1] == ["serve"]:
            return _serve_in_this_process(argv[1:])
        open_streams()
        _interrupted_by_signals()
    if argv[:1] == ["serve"]:  # has a parser of its own, shared with python -m implementations
        from implementations.__main__ import main as serve

        return serve(argv[1:])
    try:
        return _run(argv)
    except KeyboardInterrupt:
        return 130


def _serve_in_this_process(argv: list[str]) -> int:
    from implementations.start import put_in_order

    put_in_order()
    from implementations.__main__ import main as serve

    exit_code = serve(argv)
    put_in_order()  # asyncio leaves Python's own handler of SIGINT behind
    return exit_code


def _interrupted_by_signals() -> None:
    """Let SIGTERM, and SIGHUP of a closed terminal, end a command as Ctrl-C does.

    So it ends what it has started. A signal that the caller ignores, as ``nohup`` does, stays
    ignored. A second signal ends the command at once, and the guards of its processes end those.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)
    sys.unraisablehook = _not_lost


def _not_lost(ignored: Any) -> None:
    """Interrupt again when an interrupt came while Python was finalizing an object.

    Python ignores every exception that is raised there, and the command would go on for ever.
    """
    if ignored.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(ignored)
        return
    from threading import Timer, main_thread

    number = signal.SIGINT
    if signal.getsignal(number) is not signal.default_int_handler:  # a background job ignores it
        number = signal.SIGTERM
        signal.signal(number, _interrupt)
    # Not at once: this hook would raise it.
    Timer(0.01, signal.pthread_kill, [main_thread().ident, number]).start()


def _interrupt(number: int, _frame: object) -> NoReturn:
    for each in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is _interrupt:
            signal.signal(each, signal.SIG_DFL)
    raise KeyboardInterrupt


def make_parser(
    detailed: Collection[str],
) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of the command line, and that of each sub-command.

    Only the sub-commands in ``detailed`` have their options: their modules are imported.
    """
    parser = _OneLineParser(
        prog="hubbub",
        usage="hubbub COMMAND ...",
        description="A workbench for learning concurrency: one chat server, built many times."
        f"\n\n{_overview()}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    group = parser.add_subparsers(prog="hubbub", dest="command", help=argparse.SUPPRESS)
    commands: dict[str, argparse.ArgumentParser] = {
        name: group.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        for name, summary in COMMANDS.items()
    }
    for name in detailed:
        import_module(f"hubbub.{name}").add_arguments(commands[name])
    return parser, commands


def _overview() -> str:
    """Return all sub-commands by group, a line each."""
    width = max(map(len, COMMANDS))
    return "\n\n".join(
        "\n".join([f"{title}:", *(f"  {name:{width}}  {what}" for name, what in group.items())])
        for title, group in GROUPS.items()
    )


def _run(argv: list[str]) -> int:
    parser, commands = make_parser([name for name in argv[:1] if name in COMMANDS])
    if not argv:
        parser.print_help(sys.stderr)
        return USAGE
    if argv[0] not in COMMANDS:
        if argv[0].startswith("-"):
            parser.parse_known_args(argv[:1])  # --help and --version end here
            parser.error(f"there is no option {argv[0]!r}")
        parser.error(f"there is no command {argv[0]!r}{_likely(argv[0])}")
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        commands[arguments.command].error(f"unrecognized arguments: {' '.join(unknown)}")
    if lacking := complaint(arguments.command):
        print(lacking, file=sys.stderr)
        return USAGE
    try:
        exit_code: int = import_module(f"hubbub.{arguments.command}").run(arguments)
        sys.stdout.flush()  # here, where a full disk can still be reported
    except CannotWrite as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return USAGE
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EPIPE):
            raise
        if error.errno == errno.ENOSPC:  # EPIPE is no error: the reader, such as head, has ended
            print(f"hubbub: cannot write: {error.strerror}", file=sys.stderr)
        # What is still in the buffer would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return exit_code


def _likely(word: str) -> str:
    from difflib import get_close_matches

    likely = get_close_matches(word, COMMANDS, n=1)
    return f", did you mean {likely[0]!r}?" if likely else ""
