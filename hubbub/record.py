"""``hubbub record``: let many talk in a room at once, and write down what each of them saw."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hubbub.output import write
from implementations.core.errors import SettingsError
from implementations.registry import find


if TYPE_CHECKING:
    from conformance.contenders import Contender
    from conformance.tape import Tape

__all__ = ["add_arguments", "run"]

EPILOG = """\
examples:
  hubbub record asyncio-mutex | hubbub draw             is anything wrong?
  hubbub record exhibit-await-in-fanout | hubbub draw   something is
  hubbub record --tcp 127.0.0.1:8000 --output talk.jsonl
  hubbub draw talk.jsonl --trace talk.trace.json        then open that in Perfetto

exit code: 0 recorded, right or wrong; 1 the room fell silent, and what came is recorded;
2 there is no such server, nobody lets us in, or it cannot be written; 130 interrupted
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` the one of ``hubbub record``."""
    parser.description = "Let many talk, come and go at once; write down what each of them saw."
    parser.epilog = EPILOG
    parser.add_argument("id", nargs="?", metavar="ID", help="a server of ours, or an exhibit")
    parser.add_argument("--tcp", metavar="H:P", help="instead: the TCP door of one that runs")
    parser.add_argument("--ws", metavar="H:P", help="its WebSocket door, or the only one")
    for flag, default, meaning in (
        ("--talkers", 5, "who stay"),
        ("--lines", 40, "that each of them says"),
        ("--visitors", 2, "who come and go four times each"),
    ):
        parser.add_argument(
            flag, type=int, default=default, metavar="N", help=f"{meaning} (default %(default)s)"
        )
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")


def run(arguments: argparse.Namespace) -> int:
    """Record, and return the exit code."""
    from conformance.clients import Mismatch
    from conformance.server import NotReady

    try:
        contender = _contender(arguments)
        if min(arguments.talkers, arguments.lines) < 1 or arguments.visitors < 0:
            raise ValueError("--talkers and --lines are at least 1, --visitors at least 0")
        tape, trouble = _record(contender, arguments)
    except (ValueError, SettingsError, OSError, Mismatch, NotReady) as error:
        print(f"hubbub: {str(error).partition(chr(10))[0]}", file=sys.stderr)
        return 2
    text = "".join(f"{line}\n" for line in tape.lines())
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        write(arguments.output, text)
    print(f"{len(tape.tracks)} stays, {len(tape.events())} events", file=sys.stderr)
    if trouble:
        print(f"hubbub: not to the end: {trouble}", file=sys.stderr)
    return 1 if trouble else 0


def _contender(arguments: argparse.Namespace) -> Contender:
    """Return whose room it is.

    Raises:
        ValueError: that is not clear.
        SettingsError: there is no such server.
    """
    from conformance.contenders import FixedAddresses, OurServer
    from conformance.server import parse_address

    tcp, ws = (parse_address(text) if text else None for text in (arguments.tcp, arguments.ws))
    if (arguments.id is None) is not bool(tcp or ws):
        raise ValueError("name a server, or one by --tcp and --ws (try hubbub record --help)")
    if arguments.id is None:
        return FixedAddresses(tcp, ws)
    return OurServer(find(arguments.id).id)


def _record(contender: Contender, arguments: argparse.Namespace) -> tuple[Tape, str]:
    """Return what came, and what kept the talk from its end; empty if nothing did."""
    from conformance.factories import Connect, Launch
    from conformance.swarm import Swarm
    from conformance.tape import Tape, Track

    launch = Launch(contender, {})
    connect = Connect(launch, contender.doors[0])
    try:
        swarm = Swarm(connect, contender.doors[0])
        log = swarm(
            talkers=arguments.talkers,
            lines_each=arguments.lines,
            visitors=arguments.visitors,
            renames_each=1,
            doors=contender.doors,
        )
        tracks = [Track.of(client, complete=log.complete, gone=False) for client in log.talkers]
        tracks += [Track.of(client, complete=False, gone=True) for client in log.visits]
        trouble = str(log.trouble[0]).partition("\n")[0] if log.trouble else ""
        return Tape(contender.id, tuple(tracks)), trouble
    finally:
        connect.close_all()
        launch.stop_all()
