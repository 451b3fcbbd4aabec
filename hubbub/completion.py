"""``hubbub completion``: print a script that completes commands, options and ids in a shell.

The script is made once, by shtab, from the parsers of all sub-commands, so completing a word starts
no Python and ``hubbub`` itself starts no slower.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from hubbub.cli import COMMANDS, make_parser
from implementations.core.backlog import SlowConsumer
from implementations.core.settings import WRITERS
from implementations.exhibits.catalogue import PREFIX, exhibits
from implementations.servers import SERVERS


__all__ = ["add_arguments", "full_parser", "run"]

EPILOG = """\
bash, in this terminal only:
  source <(hubbub completion bash)
bash, for good:
  mkdir -p ~/.local/share/bash-completion/completions
  hubbub completion bash > ~/.local/share/bash-completion/completions/hubbub
zsh, and `fpath+=~/.zfunc` in ~/.zshrc, above `compinit`:
  mkdir -p ~/.zfunc && hubbub completion zsh > ~/.zfunc/_hubbub
fish:
  mkdir -p ~/.config/fish/completions
  hubbub completion fish > ~/.config/fish/completions/hubbub.fish

Sub-commands, options, servers, exhibits, rules, scenarios and lessons are
completed. The script holds their names: make it again after an update.
"""

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")


def run(arguments: argparse.Namespace) -> int:
    """Print the script, and return the exit code."""
    import shtab

    print(shtab.complete(full_parser(), arguments.shell))
    return 0


def full_parser() -> argparse.ArgumentParser:
    """Return a parser with all sub-commands, and with the names that complete their arguments.

    It is made for a completion script only: as a parser it refuses what the commands accept.
    """
    from implementations.__main__ import make_parser as make_serve_parser

    parser, commands = make_parser([name for name in COMMANDS if name != "serve"])
    parser._get_positional_actions()[
        0
    ].help = None  # shtab skips an argument whose help is suppressed
    for action in make_serve_parser()._actions[1:]:  # without --help, which is there already
        commands["serve"]._add_action(action)
    for name, command in commands.items():
        for action in command._actions:
            _add_names(name, action)
    return parser


def _add_names(command: str, action: argparse.Action) -> None:
    names = _NAMES.get((command, action.dest))
    if names is not None:
        action.choices = list(names())
    elif action.metavar in ("FILE", "PAGE", "FOLDER"):
        kind = "directory" if action.metavar == "FOLDER" else "file"
        action.complete = kind  # type: ignore[attr-defined]  # shtab's mark


def _servers() -> Iterable[str]:
    return [server.id for server in SERVERS]


def _servers_and_exhibits() -> Iterable[str]:
    return [*_servers(), *(exhibit.id for exhibit in exhibits())]


def _exhibits() -> Iterable[str]:
    return [exhibit.id.removeprefix(PREFIX) for exhibit in exhibits()]


def _rules() -> Iterable[str]:
    from conformance.protocol import rules

    return [rule.id for rule in rules()]


def _scenarios() -> Iterable[str]:
    from benchmarks.scenarios import SCENARIOS

    return SCENARIOS


def _peers() -> Iterable[str]:
    from benchmarks.peers import PEERS

    return [*PEERS, "none"]


def _policies() -> Iterable[str]:
    return [policy.value for policy in SlowConsumer]


def _writers() -> Iterable[str]:
    return WRITERS


def _log_levels() -> Iterable[str]:
    return ("DEBUG", "INFO", "WARNING", "ERROR")


def _lessons() -> Iterable[str]:
    from hubbub.learning.lessons import lessons

    return [lesson.number for lesson in lessons()]


# What completes an argument, by sub-command and destination.
_NAMES: dict[tuple[str, str], Callable[[], Iterable[str]]] = {
    ("serve", "id"): _servers_and_exhibits,
    ("serve", "slow_consumer"): _policies,
    ("serve", "writer"): _writers,
    ("serve", "log_level"): _log_levels,
    ("learn", "lesson"): _lessons,
    ("check", "lesson"): _lessons,
    ("conform", "ids"): _servers_and_exhibits,
    ("conform", "rules"): _rules,
    ("gallery", "names"): _exhibits,
    ("record", "id"): _servers_and_exhibits,
    ("draw", "rule"): _rules,
    ("replay", "id"): _servers_and_exhibits,
    ("bench", "scenarios"): _scenarios,
    ("bench", "server"): _servers,
    ("bench", "peer"): _peers,
    ("compare", "ids"): _servers,
}
