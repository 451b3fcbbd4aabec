"""``hubbub record``: let many clients talk at once, and record what each of them receives."""

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
  hubbub record asyncio-mutex | hubbub draw                     right
  hubbub record exhibit-await-in-fanout-asyncio | hubbub draw   wrong
  hubbub record --tcp 127.0.0.1:8000 --output talk.jsonl
  hubbub draw talk.jsonl --trace talk.trace.json        open this in Perfetto

exit code: 0 if the recording is complete, whether or not a rule is broken, 1 if
the room fell silent before the end, 2 after misuse, or if the server does not
start or answer, 130 if it was interrupted
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` the one of ``hubbub record``."""
    parser.description = "Let many clients talk at once, and record what each of them receives."
    parser.epilog = EPILOG
    parser.add_argument("id", nargs="?", metavar="ID", help="a server or an exhibit (hubbub list)")
    parser.add_argument("--tcp", metavar="H:P", help="the TCP door of a running server")
    parser.add_argument("--ws", metavar="H:P", help="the WebSocket door of a running server")
    for flag, default, meaning in (
        ("--talkers", 5, "clients that talk and stay"),
        ("--lines", 40, "lines per talker"),
        ("--visitors", 2, "clients that join and leave, four times each"),
    ):
        parser.add_argument(
            flag, type=int, default=default, metavar="N", help=f"{meaning} (default %(default)s)"
        )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="the recording (default: standard output)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Record, and return the exit code."""
    from conformance.expectations import Mismatch
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
        print(f"hubbub: the room fell silent: {trouble}", file=sys.stderr)
    return 1 if trouble else 0


def _contender(arguments: argparse.Namespace) -> Contender:
    """Return the server that the flags name.

    Raises:
        ValueError: they name none, or more than one.
        SettingsError: there is no server with that id.
    """
    from conformance.contenders import FixedAddresses, OurServer
    from conformance.server import parse_address

    tcp, ws = (parse_address(text) if text else None for text in (arguments.tcp, arguments.ws))
    if (arguments.id is None) is not bool(tcp or ws):
        raise ValueError("name a server, or give --tcp or --ws (try hubbub record --help)")
    if arguments.id is None:
        return FixedAddresses(tcp, ws)
    return OurServer(find(arguments.id).id)


def _record(contender: Contender, arguments: argparse.Namespace) -> tuple[Tape, str]:
    """Return the recording, and why it ended too early; an empty text if it did not."""
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
