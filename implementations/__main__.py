"""Start one server: ``python -m implementations ID [flags]``, which is ``hubbub serve``.

Exit codes: 0 after a signal, 1 when the server cannot start, 2 for a setting, flag or id
that makes no sense. Each failure is one line on standard error.
"""

from __future__ import annotations


if __name__ == "__main__":  # before the imports below, which take most of the start
    from implementations.start import put_in_order

    put_in_order()

import argparse
import os
import sys
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NoReturn

from implementations.core.errors import CannotStart, SettingsError
from implementations.core.request_head import is_loopback
from implementations.core.settings import Endpoint, Settings, add_flags, settings_from
from implementations.core.site import Site
from implementations.doors import OUT_OF_DESCRIPTORS, raise_descriptor_limit
from implementations.exhibits.catalogue import Exhibit
from implementations.logs import start_logging
from implementations.registry import find
from implementations.servers import CLUSTERED, SERVERS, Server


__all__ = ["main", "make_parser"]

EXIT_CANNOT_START = 1
EXIT_USAGE = 2

PAGE = Path(__file__).with_name("core") / "chat.html"

EXAMPLES = """\
examples:
  hubbub serve asyncio-broadcaster             then: nc 127.0.0.1 8000, and a
                                               browser at http://127.0.0.1:8080/
  hubbub serve asyncio-mutex --tcp :0 --ws :0  any free ports, on all addresses
  HUBBUB_OUTBOX=16 hubbub serve asyncio-mutex  the same as --outbox 16

A flag wins over a HUBBUB_* variable, a variable over the --config file (TOML,
e.g. max_line = 1024), and the file over the default. SIGINT, SIGTERM or SIGHUP
makes the server deliver what it accepted, then stop.
"""


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"hubbub: {message} (try hubbub serve --help)\n")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of ``hubbub serve``."""
    parser = _OneLineParser(
        prog="hubbub serve",
        description="Start one of the chat servers, with its TCP and its WebSocket door.",
        epilog=f"servers:\n{_all_ids()}\n\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("id", metavar="ID", help="which server; see below")
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings as TOML")
    add_flags(parser)
    parser.add_argument(
        "--loop",
        choices=["asyncio", "uvloop"],
        default="asyncio",
        help="the event loop of an asyncio server (default asyncio; uvloop is an extra)",
    )
    parser.add_argument(
        "--lab",
        action="store_true",
        help="answer GET /lab at the WebSocket door: how full each outbox is, and other figures "
        "(at loopback addresses only)",
    )
    cluster = parser.add_argument_group("for asyncio-replicated")
    cluster.add_argument(
        "--engine",
        metavar="URL",
        help="the log that the nodes share: nats://HOST:PORT, more of them after "
        "commas, or memory (default: a room of its own)",
    )
    cluster.add_argument("--room", metavar="NAME", help="which room (default lobby)")
    cluster.add_argument("--node", metavar="NAME", help="this node's name in it (default n1)")
    return parser


def _all_ids() -> str:
    """Return the ids, one line per runtime."""
    lines = [
        "  ".join(server.id for server in servers)
        for each in (SERVERS, CLUSTERED)
        for _, servers in groupby(each, attrgetter("runtime"))
    ]
    return "\n".join(f"  {line}" for line in lines)


def main(argv: list[str] | None = None) -> int:
    """Serve until a signal; return the exit code."""
    arguments = vars(make_parser().parse_args(argv))
    try:
        server = find(arguments.pop("id"))
        with server.in_place():
            _serve(server, arguments)
    except SettingsError as error:
        return _fail(error, EXIT_USAGE)
    except CannotStart as error:
        return _fail(error, EXIT_CANNOT_START)
    except OSError as error:
        if error.errno not in OUT_OF_DESCRIPTORS:
            raise
        return _fail(f"cannot start: {error.strerror} (ulimit -n)", EXIT_CANNOT_START)
    return 0


def _serve(server: Server | Exhibit, arguments: dict[str, Any]) -> None:
    loop, lab = arguments.pop("loop"), arguments.pop("lab")
    membership = _membership(server, arguments)
    settings = settings_from(arguments, os.environ, _config(arguments.pop("config")))
    if lab:
        _check_loopback(settings)

    def announce(tcp: Endpoint, ws: Endpoint) -> None:
        try:
            os.write(sys.stdout.fileno(), f"hubbub {server.id} ready tcp={tcp} ws={ws}\n".encode())
        except OSError as error:  # a full disk or a closed pipe must not end the chat
            print(f"hubbub: cannot say that it is ready: {error.strerror}", file=sys.stderr)
        if warning:
            print(f"hubbub: {warning}", file=sys.stderr)

    page = PAGE.read_bytes()
    start_logging(settings.log_level)
    warning = raise_descriptor_limit(settings.max_clients)
    server.run(settings, Site(server.id, settings, page, lab), announce, loop=loop, **membership)


def _membership(server: Server | Exhibit, arguments: dict[str, Any]) -> dict[str, Any]:
    given = {name: arguments.pop(name) for name in ("engine", "room", "node")}
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        return {}
    if server not in CLUSTERED:
        raise SettingsError(
            f"--{next(iter(values))} is for asyncio-replicated, not for {server.id}"
        )
    from implementations.engines import Membership  # only a node of a cluster needs it

    membership = Membership(**values)
    membership.check()
    return {"membership": membership}


def _check_loopback(settings: Settings) -> None:
    for door in (settings.tcp, settings.ws):
        if not is_loopback(str(door)):
            raise SettingsError(f"--lab is for loopback addresses only, not for {door}")


def _config(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    import tomllib  # takes 5 ms, and few servers have a file

    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error


def _fail(error: Exception | str, code: int) -> int:
    print(f"hubbub: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    exit_code = main()
    put_in_order()  # asyncio leaves Python's own handler of SIGINT behind
    sys.exit(exit_code)
