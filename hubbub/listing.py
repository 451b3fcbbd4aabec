"""``hubbub list``: the servers and their axes, or the exhibits, plain enough to be piped."""

from __future__ import annotations

import argparse

from implementations.exhibits.catalogue import exhibits
from implementations.registry import SERVERS


__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.add_argument("--ids", action="store_true", help="the ids alone, one a line")
    parser.add_argument(
        "--exhibits", action="store_true", help="the servers that are wrong on purpose"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    shown = exhibits() if arguments.exhibits else SERVERS
    if arguments.ids:
        print(*(server.id for server in shown), sep="\n")
        return 0
    if arguments.exhibits:
        for exhibit in exhibits():
            header = exhibit.header
            print(f"{exhibit.id}\n    {header.title}: {', '.join(header.breaks)}")
        print("\nstart one:  hubbub serve exhibit-NAME    judge it:  hubbub conform exhibit-NAME")
        return 0
    width = max(len(server.id) for server in SERVERS)
    print(f"{'ID':{width}}  RUNTIME  MAP          DELIVERY")
    for server in SERVERS:
        print(f"{server.id:{width}}  {server.runtime:7}  {server.hub:11}  {server.delivery}")
        print(f"{'':{width}}  {server.summary}")
    print("\nstart one:  hubbub serve ID")
    return 0
