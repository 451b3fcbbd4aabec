"""The command line: which sub-command is meant. Each has a module of its own.

A sub-command's module is loaded only when it is asked for, so that starting a
server does not load what draws reports.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

from hubbub.output import CannotWrite


__all__ = ["main"]

# name: (module with add_arguments() and run(), one line). In the order people meet them.
COMMANDS = {
    "list": ("hubbub.listing", "the servers, their axes, one line each"),
    "serve": ("hubbub.serve", "start one server"),
    "chat": ("hubbub.chat", "join a room from the terminal, or from a pipe"),
    "top": ("hubbub.top", "show live what a running server counts"),
    "learn": ("hubbub.learn", "the lessons, and how far you have got"),
    "check": ("hubbub.check", "judge your answer to a lesson's exercise"),
    "conform": ("hubbub.conform", "judge any server, rule by rule"),
    "gallery": ("hubbub.gallery", "judge the servers that are wrong on purpose"),
    "record": ("hubbub.record", "let many talk at once, and write down what each of them saw"),
    "draw": ("hubbub.draw", "what is wrong in a recorded talk, as a picture"),
    "replay": ("hubbub.replay", "play one schedule of a server or exhibit, step by step"),
    "bench": ("hubbub.bench", "measure the servers and their peers, and keep every run"),
    "report": ("hubbub.report", "draw what was measured: one HTML page"),
    "compare": ("hubbub.compare", "judge and measure all servers, and write the report"),
}

EXAMPLES = """\
start here:
  hubbub serve asyncio-broadcaster      then, elsewhere: hubbub chat
  hubbub conform asyncio-broadcaster    which promises does it keep?
  hubbub compare                        all of them, side by side

hubbub COMMAND --help says more about each.
"""


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog.split()[0]}: {message} (try {self.prog} --help)\n")


class _Version(argparse.Action):
    """As argparse's own, but the look-up waits until somebody asks: each server start would pay."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from importlib.metadata import version

        print(f"hubbub {version('hubbub')}")
        parser.exit()


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["serve"]:  # has a parser of its own, shared with python -m implementations
        from implementations.__main__ import main as serve

        return serve(argv[1:])
    try:
        return _run(argv)
    except KeyboardInterrupt:
        return 130


def _run(argv: list[str]) -> int:
    parser = _OneLineParser(
        prog="hubbub",
        description="A workbench for learning concurrency: one chat server, built many times.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if argv[:1] == [name]:
            import_module(module).add_arguments(command)
    arguments = parser.parse_args(argv)
    try:
        exit_code: int = import_module(COMMANDS[arguments.command][0]).run(arguments)
        sys.stdout.flush()  # here, where a full disk can still be told
    except CannotWrite as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EPIPE):
            raise
        if error.errno == errno.ENOSPC:  # a reader that has seen enough, as head has, is no news
            print(f"hubbub: cannot write: {error.strerror}", file=sys.stderr)
        # What is still in the buffer would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return exit_code
