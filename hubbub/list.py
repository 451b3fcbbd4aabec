"""``hubbub list``: the servers and how each is built, or the exhibits; as plain text."""

from __future__ import annotations

import argparse
import textwrap

from implementations.exhibits.catalogue import exhibits
from implementations.servers import CLUSTERED, SERVERS


__all__ = ["add_arguments", "exhibits_table", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.add_argument("--ids", action="store_true", help="only the ids, one per line")
    parser.add_argument(
        "--exhibits", action="store_true", help="list the servers that are wrong on purpose"
    )
    parser.add_argument("--markdown", action="store_true", help="the exhibits as a Markdown table")


def run(arguments: argparse.Namespace) -> int:
    """Print the list, and return the exit code."""
    shown = exhibits() if arguments.exhibits else SERVERS
    if arguments.ids:
        print(*(server.id for server in shown), sep="\n")
    elif arguments.markdown:
        print(exhibits_table())
    elif arguments.exhibits:
        _print_exhibits()
    else:
        _print_servers()
    return 0


def exhibits_table() -> str:
    """Return a Markdown table of the exhibits: the file, what it does, which rules it breaks."""
    rows = [
        f"| [{exhibit.name}]({exhibit.path.name}) | {exhibit.header.title} "
        f"| {', '.join(f'`{rule}`' for rule in exhibit.header.breaks)} |"
        for exhibit in exhibits()
    ]
    return "\n".join(["| exhibit | what it does | what it breaks |", "|---|---|---|", *rows])


def _print_exhibits() -> None:
    for exhibit in exhibits():
        print(exhibit.id)
        for words in (exhibit.header.title, ", ".join(exhibit.header.breaks)):
            print(textwrap.fill(words, 80, initial_indent="    ", subsequent_indent="    "))
    print("\nstart one:  hubbub serve exhibit-NAME    judge it:  hubbub gallery NAME")
    print("a name without its runtime means the asyncio exhibit, as in await-in-fanout")


def _print_servers() -> None:
    width = max(len(server.id) for server in SERVERS)
    print(f"{'ID':{width}}  RUNTIME  MAP          DELIVERY")
    for server in SERVERS:
        print(f"{server.id:{width}}  {server.runtime:7}  {server.hub:11}  {server.delivery}")
        print(f"{'':{width}}  {server.summary}")
    print("\non many machines, in one room:")
    for server in CLUSTERED:
        print(f"{server.id:{width}}  {server.runtime:7}  {server.hub:11}  {server.delivery}")
        print(f"{'':{width}}  {server.summary}")
    print("\nstart one:  hubbub serve ID")
