"""``hubbub list``: the servers and their axes, plain enough to be piped."""

from __future__ import annotations

import argparse

from implementations.registry import SERVERS


__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.add_argument("--ids", action="store_true", help="the ids alone, one a line")


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    if arguments.ids:
        for server in SERVERS:
            print(server.id)
        return 0
    width = max(len(server.id) for server in SERVERS)
    print(f"{'ID':{width}}  RUNTIME  MAP          DELIVERY")
    for server in SERVERS:
        print(f"{server.id:{width}}  {server.runtime:7}  {server.hub:11}  {server.delivery}")
        print(f"{'':{width}}  {server.summary}")
    print("\nstart one:  hubbub serve ID")
    return 0
